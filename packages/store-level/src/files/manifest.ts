/** Reads a MANIFEST, LevelDB's list of its own files. It has one record for each change of the list. */
import { VarintReader } from './varint.js';

export interface Manifest {
  /** Number of the oldest log whose writes are not in the tables yet; 0 when there has been no log. */
  readonly log: number;
  /** Size of each table in bytes, by its number. */
  readonly tables: ReadonlyMap<number, number>;
}

const COMPARATOR = 1;
const LOG = 2;
const NEXT_FILE = 3;
const LAST_SEQUENCE = 4;
const COMPACT_POINTER = 5;
const DELETED_TABLE = 6;
const NEW_TABLE = 7;
const PREVIOUS_LOG = 9;

/** @throws RangeError when these are not the records of a MANIFEST */
export function readManifest(records: readonly Buffer[]): Manifest {
  const tables = new Map<number, number>();
  let log: number | undefined;
  for (const record of records) {
    const reader = new VarintReader(record);
    while (!reader.atEnd) {
      const tag = reader.number();
      switch (tag) {
        case COMPARATOR:
          reader.bytes(reader.number());
          break;
        case LOG:
          log = reader.number();
          break;
        case NEXT_FILE:
        case LAST_SEQUENCE:
        case PREVIOUS_LOG:
          reader.number();
          break;
        case COMPACT_POINTER:
          reader.number(); // the level
          reader.bytes(reader.number());
          break;
        case DELETED_TABLE:
          reader.number();
          tables.delete(reader.number());
          break;
        case NEW_TABLE:
          reader.number();
          tables.set(reader.number(), reader.number());
          reader.bytes(reader.number()); // its first key
          reader.bytes(reader.number()); // and its last
          break;
        default:
          throw new RangeError(`a record of an unknown kind (${tag})`);
      }
    }
  }
  if (log === undefined) throw new RangeError('no record names a log');
  return { log, tables };
}
