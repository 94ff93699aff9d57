export type { RefusalReason } from './handshake.js';
export { listen } from './listen.js';
export type { ListenOptions } from './options.js';
export { Server, type ServerEvents, type WaitAllOptions } from './server.js';
export { ClosedError, IotError, LinkError, PeerError, UsageError, type ErrorCode } from '@iot/framing';
export type { Connection } from '@iot/connection';
export type { Logger } from '@iot/connection/internal';
