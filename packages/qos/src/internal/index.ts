/** Exports that the packages of this workspace share. They may change in any release: semver does not cover them. */
export {
  LONGEST_TIMER_MS,
  requireFunctions,
  requireInteger,
  requireKnownOptions,
  requireMethods,
  requireOneOf,
} from '../check-options.js';
export { laneOf, type Lane } from '../line-queue.js';
export { WINDOW } from '../shelf.js';
export { OrderedQueue } from '../ordered-queue.js';
export { SESSION_DEFAULTS, sessionSettings } from '../options.js';
export { UnreadTotal } from '../unread-total.js';
