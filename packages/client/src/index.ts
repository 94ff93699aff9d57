/** Exports of `@iot/client`. */
export type { Client, ReloadOptions } from './client.js';
export { connect } from './connect.js';
export { linuxLed, type LinuxLedOptions } from './linux-led.js';
export type { Network } from './network/network.js';
export { networkManager, type NetworkManagerOptions } from './network/network-manager.js';
export type { BackoffOptions, ConnectOptions, FirstFailureContext, FirstFailureHook } from './options.js';
export type { TlsClientCertificates, TlsClientKey, TlsConnectOptions } from './tls.js';
export { WATCHDOG_EXIT_CODE, type WatchdogOptions } from './watchdog/options.js';
export { readTimedLine, timedLine, type TimedLine } from '@iot/connection';
export type {
  Connection,
  ConnectionEvents,
  ConnectionStats,
  Logger,
  Message,
  OfflineOptions,
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
export type { SessionOptions, SessionStats, WriteFlags } from '@iot/qos';
