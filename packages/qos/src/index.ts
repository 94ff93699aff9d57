export type { LinkEnd, SessionEvent, SessionStats } from './events.js';
export type { SessionOptions, SessionSettings } from './options.js';
export { Session, type WriteFlags } from './session.js';
export type { ErrorCode, IotError, PeerError } from '@iot/framing';
