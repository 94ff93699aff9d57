import type { Clock } from '@iot/connection';
import { nodeClock } from '@iot/connection/node';

/** The shortest delay of Node's timers. */
const TIMER_MS = 1;

/**
 * Node's clock, exact below a millisecond too: the channel waits 20 µs before each transfer, while the board is blocked.
 * A wait shorter than a timer's step goes on turn by turn of the event loop.
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
