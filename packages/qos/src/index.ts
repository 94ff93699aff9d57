export type { LinkEnd, SessionEvent, SessionStats, Told } from './events.js';
export type { SessionOptions, SessionSettings } from './options.js';
export type { WriteFlags } from './line-queue.js';
export { Session } from './session.js';
export type { EndCode, ErrorCode, IotError, PeerError } from '@iot/framing';
