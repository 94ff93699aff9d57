/** `fineClock`: a clock whose timers can be shorter than Node's shortest timer, 1 ms. */
import type { Clock } from '@iot/connection';
import { nodeClock } from '@iot/connection/node';

/** The shortest delay of Node's timers. */
const TIMER_MS = 1;

/**
 * Node's clock with exact waits below 1 ms. The channel waits 20 µs before each transfer, and the board is blocked during
 * this wait. For a wait below 1 ms `at` checks the time in every turn of the event loop.
 */
export const fineClock: Clock = {
  ...nodeClock,
  at(time, callback) {
    if (time - nodeClock.now() >= TIMER_MS) return nodeClock.at(time, callback);
    const look = (): void => {
      if (nodeClock.now() >= time) callback();
      else immediate = setImmediate(look);
    };
    let immediate = setImmediate(look);
    return () => clearImmediate(immediate);
  },
};
