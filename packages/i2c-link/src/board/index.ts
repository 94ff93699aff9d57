export { openBoard, type Board, type BoardOptions } from './board.js';
export {
  openChannel,
  type ChannelOptions,
  type EndOptions,
  type InitiatorOptions,
  type ResponderOptions,
} from '../channel/open.js';
export type { I2cMaster, I2cSlave, Level, Pin, ResetLine } from '../channel/ports.js';
export { MAX_TRANSFER_BYTES, SLAVE_ADDRESS } from '../channel/payloads.js';
export type { ChannelTransport } from '../channel/transport.js';
export type { Report } from '../messages/conversation.js';
export type { FailureHook } from './supervisor.js';
export type {
  Clock,
  Connection,
  ConnectionEvents,
  ConnectionStats,
  Logger,
  Message,
  Transport,
  TransportEnd,
  TransportHandlers,
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
