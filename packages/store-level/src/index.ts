export { levelStore, type Commit, type LevelStore, type LevelStoreOptions } from './level-store.js';
export type { Durability } from './files/state.js';
export { ClosedError, IotError, StoreError, UsageError, type ErrorCode } from '@iot/connection';
export type {
  AckedEntry,
  AgainEntry,
  CheckpointEntry,
  DoneEntry,
  Entry,
  InEntryV1,
  InEntryV2,
  Logger,
  OutEntry,
  OwnerEntry,
  RenumberedEntry,
  SentEntry,
  SessionStore,
  StoredSession,
  WithdrawnEntry,
  Zero,
} from '@iot/connection';
