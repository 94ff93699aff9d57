/** Exports of `@iot/connection`. */
export type { WaitOptions } from './abort.js';
export {
  Connection,
  type ConnectionEvents,
  type ConnectionOptions,
  type ConnectionStats,
} from './connection.js';
export { drawEpoch } from './epoch.js';
export type { Engine, EngineHandlers, TakenLine } from './engine.js';
export type { Logger } from './logger.js';
export type { Message } from './message.js';
export type { Clock, Transport, TransportEnd, TransportHandlers } from './ports.js';
export type { OfflineOptions, OfflineSettings } from './offline-options.js';
export type { Machine, PumpLog, Sift } from './machine.js';
export { Pump } from './pump.js';
export { memoryStore, type MemoryStore } from './store/memory-store.js';
export type * from './store/types.js';
export { readTimedLine, timedLine, type TimedLine } from './timed-line.js';
export type { WriteOptions } from './pending-write.js';
export {
  ClosedError,
  DroppedError,
  IotError,
  LinkError,
  PeerError,
  StoreError,
  UsageError,
  type EndCode,
  type ErrorCode,
} from '@iot/framing';
export type {
  Batch,
  Lane,
  LinkEnd,
  OldestOfStack,
  Reading,
  ReadingEnd,
  Receipt,
  Session,
  SessionLog,
  SessionEvent,
  SessionOptions,
  SessionSettings,
  Shared,
  SessionStats,
  Told,
  UnreadLine,
  UnreadTotal,
  Window,
  WriteFlags,
  WrittenLine,
} from '@iot/qos';
