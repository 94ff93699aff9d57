/** A `Clock` (`ports.ts`) made of the monotonic clock and the timers of Node. */
import type { Clock } from '../ports.js';

/** Node turns a longer delay into 1 ms. A callback that is called too early checks the time and sets its timer again. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The monotonic clock and the timers of Node. */
export const nodeClock: Clock = {
  now: () => performance.now(),
  at(time, callback) {
    const delay = Math.min(LONGEST_DELAY_MS, Math.max(0, Math.ceil(time - performance.now())));
    const timer = setTimeout(callback, delay);
    return () => {
      clearTimeout(timer);
    };
  },
  nextTurn(callback) {
    // Immediates run after the poll phase of the event loop. Sockets are read in the poll phase.
    const immediate = setImmediate(callback);
    return () => {
      clearImmediate(immediate);
    };
  },
};
