export { openBridge, type Bridge, type BridgeEvents, type BridgeOptions } from './bridge.js';
export {
  openChannel,
  type ChannelOptions,
  type EndOptions,
  type InitiatorOptions,
  type ResponderOptions,
} from '../channel/open.js';
export type { I2cMaster, I2cSlave, Level, Pin, ResetLine } from '../channel/ports.js';
export type { ChannelTransport } from '../channel/transport.js';
export type { LinkConfig } from '../messages/config.js';
export type {
  BackoffOptions,
  Connection,
  ConnectionEvents,
  ConnectionStats,
  ConnectOptions,
  FirstFailureContext,
  FirstFailureHook,
  LinkOptions,
  Logger,
  Message,
  Network,
  OfflineOptions,
  SessionOptions,
  SessionStats,
  TlsClientCertificates,
  TlsClientKey,
  TlsConnectOptions,
  WaitOptions,
  WatchdogOptions,
  WriteFlags,
  WriteOptions,
} from '@iot/client';
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
} from '@iot/client';
export type { Clock, Transport, TransportEnd, TransportHandlers } from '@iot/connection';
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
