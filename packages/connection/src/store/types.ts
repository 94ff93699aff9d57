/** What a store of sessions keeps, and what it must do. */
export type { SessionStore } from './port.js';
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
  StoredSession,
  WithdrawnEntry,
  Zero,
} from '@iot/qos';
