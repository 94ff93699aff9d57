export { connect, type Client } from './connect.js';
export type { BadServerContext, ConnectOptions } from './options.js';
export { ClosedError, IotError, LinkError, PeerError, UsageError, type ErrorCode } from '@iot/framing';
