export { attachAdmin, type Admin } from './attach.js';
export type { Alert, AlertOptions } from './alerts/options.js';
export type { AdminOptions, CommitSource } from './options.js';
export type * from '@iot/server';
export { IotError, LinkError, UsageError, type ErrorCode } from '@iot/framing';
