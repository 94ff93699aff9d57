export type { DeadlineName } from './deadlines.js';
export type { LinkEnd, SessionEvent, SessionStats } from './events.js';
export type { SessionOptions, SessionSettings } from './options.js';
export { Session, type WriteFlags } from './session.js';
