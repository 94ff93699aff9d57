export type * from './entries.js';
export { Journal, type Batch } from './journal.js';
export type { LinkEnd, SessionEvent, SessionStats, Told } from './events.js';
export type { SessionOptions, SessionSettings } from './options.js';
export type { Lane, WriteFlags, WrittenLine } from './line-queue.js';
export type { Receipt, UnreadLine } from './inbox.js';
export { Session, type SessionLog } from './session.js';
export type { UnreadTotal } from './unread-total.js';
export type { EndCode, ErrorCode, IotError, PeerError } from '@iot/framing';
