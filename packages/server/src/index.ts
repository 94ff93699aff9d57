/** Exports of `@iot/server`. */
export type { Authorize, AuthorizeRequest, Verdict } from './authorize.js';
export type { ServerEvents } from './events.js';
export type { RefusalReason } from './handshake.js';
export { listen } from './listen.js';
export type { ListenOptions } from './options.js';
export type { ReloadOptions, Server, WaitAllOptions } from './server.js';
export type { TlsCertificates, TlsKeys, TlsListenOptions, TlsPort } from './tls/options.js';
export type { IdOf, TlsProof } from './tls/proof.js';
export { readTimedLine, timedLine, type TimedLine } from '@iot/connection';
export type {
  Connection,
  ConnectionEvents,
  ConnectionStats,
  Logger,
  Message,
  WaitOptions,
  WriteOptions,
} from '@iot/connection';
export type {
  AckedEntry,
  AgainEntry,
  CheckpointEntry,
  DoneEntry,
  Entry,
  InEntryV1,
  InEntryV2,
  OutEntry,
  OwnerEntry,
  RenumberedEntry,
  SentEntry,
  SessionStore,
  StoredSession,
  WithdrawnEntry,
  Zero,
} from '@iot/connection';
export type { LinkOptions } from '@iot/connection/internal';
export {
  ClosedError,
  DroppedError,
  IotError,
  LinkError,
  PeerError,
  StoreError,
  UsageError,
  type ErrorCode,
} from '@iot/framing';
export type { LinkEnd, SessionOptions, SessionStats, WriteFlags } from '@iot/qos';
