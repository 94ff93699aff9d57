/**
 * The journal of one life of one end: what it wrote, which writes resolved, what it read. Every record is written
 * synchronously, in one call, before the process goes on: what a process that is killed leaves behind is complete, but
 * for what it was just about to do.
 *
 * A record is 16 bytes: kind (1), unused (1), life of the line's sender (2), id of the line (4), time (8, a double).
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

export type RecordKind = 'wrote' | 'resolved' | 'read' | 'nonsense';

export interface JournalRecord {
  readonly kind: RecordKind;
  /** The life of the line's sender. */
  readonly life: number;
  readonly id: number;
  /** Microseconds on a clock that all processes of a machine share. */
  readonly at: number;
}

const KINDS: readonly RecordKind[] = ['wrote', 'resolved', 'read', 'nonsense'];
const RECORD_BYTES = 16;

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

  add(kind: RecordKind, life: number, id: number): void {
    const record = this.#record;
    record.writeUInt8(KINDS.indexOf(kind), 0);
    record.writeUInt16LE(life, 2);
    record.writeUInt32LE(id, 4);
    record.writeDoubleLE(now(), 8);
    writeSync(this.#file, record);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** All records of a life, in order. */
export function readJournal(path: string): JournalRecord[] {
  const bytes = readFileSync(path);
  return Array.from({ length: Math.floor(bytes.length / RECORD_BYTES) }, (_, i) => {
    const record = bytes.subarray(i * RECORD_BYTES);
    return {
      kind: KINDS[record.readUInt8(0)]!,
      life: record.readUInt16LE(2),
      id: record.readUInt32LE(4),
      at: record.readDoubleLE(8),
    };
  });
}
