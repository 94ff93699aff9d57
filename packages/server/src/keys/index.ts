/** Exports of `@iot/server/keys`: pre-shared keys in a file. */
export { makeKey, openKeys, sameKey, type KeyFile } from './key-file.js';
export { IotError, UsageError, type ErrorCode } from '@iot/framing';
