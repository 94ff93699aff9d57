/**
 * The journal of one run of one end: what it wrote, which writes resolved, what it read; with a store also what is in
 * that. Every record is written synchronously, in one call, before the process goes on: what a process that is killed
 * leaves is complete, but for what it was just about to do.
 *
 * A record is 20 bytes: kind (1), unused (1), run of the line's sender (2), id of the line (4), place (4), time (8, a
 * double).
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

export type RecordKind =
  | 'wrote'
  | 'resolved'
  | 'read'
  /** Read, and marked as one that may have been read before. */
  | 'redelivered'
  | 'nonsense'
  /** In the store: a line that was written, its place being its ticket; one that has come; that the one at this place is done. */
  | 'stored'
  | 'came'
  | 'done';

export interface JournalRecord {
  readonly kind: RecordKind;
  /** The run of the line's sender. */
  readonly run: number;
  readonly id: number;
  /** Where the line is in the store; 0 for records of other things. */
  readonly place: number;
  /** Microseconds on a clock that all processes of a machine share. */
  readonly at: number;
}

const KINDS: readonly RecordKind[] = [
  ...(['wrote', 'resolved', 'read', 'redelivered', 'nonsense'] as const),
  ...(['stored', 'came', 'done'] as const),
];
const RECORD_BYTES = 20;

/** The time of the records. */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}

export class Journal {
  readonly #file: number;
  readonly #record = Buffer.alloc(RECORD_BYTES);

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  add(kind: RecordKind, run: number, id: number, place = 0): void {
    const record = this.#record;
    record.writeUInt8(KINDS.indexOf(kind), 0);
    record.writeUInt16LE(run, 2);
    record.writeUInt32LE(id, 4);
    record.writeUInt32LE(place, 8);
    record.writeDoubleLE(now(), 12);
    writeSync(this.#file, record);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** All records of a run, in order. */
export function readJournal(path: string): JournalRecord[] {
  const bytes = readFileSync(path);
  return Array.from({ length: Math.floor(bytes.length / RECORD_BYTES) }, (_, i) => {
    const record = bytes.subarray(i * RECORD_BYTES);
    return {
      kind: KINDS[record.readUInt8(0)]!,
      run: record.readUInt16LE(2),
      id: record.readUInt32LE(4),
      place: record.readUInt32LE(8),
      at: record.readDoubleLE(12),
    };
  });
}
