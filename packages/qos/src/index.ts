export type { DeadlineName } from './deadlines.js';
export type { LinkEnd, SessionEvent, SessionStats } from './events.js';
export {
  requireInteger,
  requireOneOf,
  SESSION_DEFAULTS,
  type SessionOptions,
  type SessionSettings,
} from './options.js';
export { Session, type WriteFlags } from './session.js';
