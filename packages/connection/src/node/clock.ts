import type { Clock } from '../ports.js';

/** Node turns a longer delay into 1 ms; who is called too early looks at the time and waits again. */
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
    // Immediates run right after the poll phase, in which sockets are read.
    const immediate = setImmediate(callback);
    return () => {
      clearImmediate(immediate);
    };
  },
};
