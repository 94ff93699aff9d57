/** The types that an implementation of a store needs: the interface of a store, and its entries. */
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
