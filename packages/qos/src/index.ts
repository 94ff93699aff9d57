export type { LinkEnd, SessionEvent, SessionStats, Told } from './events.js';
export type { SessionOptions, SessionSettings } from './options.js';
export { Session, type WriteFlags } from './session.js';
export type { EndCode, ErrorCode, IotError, PeerError } from '@iot/framing';
