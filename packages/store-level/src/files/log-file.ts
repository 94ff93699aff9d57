/**
 * Reads LevelDB's `.log` and `MANIFEST` files to find damage. LevelDB itself skips a record of a log whose checksum is
 * wrong, without an error, and continues with the next one.
 *
 * A file consists of blocks of 32 KiB. A record is either one part in one block (`full`), or several parts in several
 * blocks (`first`, `middle`, `last`). Before each part are its checksum, its length and its kind. If fewer than 7 bytes are
 * left in a block, they are zeros.
 *
 * A power loss leaves a torn end of the file: the record that was written last is missing or incomplete, and no other
 * record follows. Single parts of this record may be complete. If another record begins after a bad part, the file is
 * damaged.
 */
import { crc32c, masked } from './crc32c.js';

const BLOCK_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

export interface LogFile {
  /** The complete records before the first bad part. */
  readonly records: readonly Buffer[];
  /** The position of the first incomplete record; the length of the file when all records are complete. */
  readonly end: number;
  /** `torn`: the last record is incomplete. `damaged`: a record is incomplete or wrong, and others follow it. */
  readonly state: 'whole' | 'torn' | 'damaged';
}

interface Part {
  readonly kind: number;
  readonly data: Buffer;
  readonly next: number;
}

export function readLogFile(file: Buffer): LogFile {
  const records: Buffer[] = [];
  let parts: Buffer[] = [];
  let end = 0;
  let at = 0;
  for (;;) {
    at = skipTrailer(at);
    if (at >= file.length) break;
    const part = partAt(file, at);
    const begins = part?.kind === FULL || part?.kind === FIRST;
    if (part === undefined || begins !== (parts.length === 0)) {
      return { records, end, state: begins || beginsRecordAfter(file, at) ? 'damaged' : 'torn' };
    }
    parts.push(part.data);
    at = part.next;
    if (part.kind !== FULL && part.kind !== LAST) continue;
    records.push(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    parts = [];
    end = at;
  }
  return parts.length === 0 ? { records, end: file.length, state: 'whole' } : { records, end, state: 'torn' };
}

function skipTrailer(at: number): number {
  const left = BLOCK_BYTES - (at % BLOCK_BYTES);
  return left < HEADER_BYTES ? at + left : at;
}

/** The part at this position; undefined when there is none or it is incomplete. */
function partAt(file: Buffer, at: number): Part | undefined {
  const blockEnds = Math.min(at - (at % BLOCK_BYTES) + BLOCK_BYTES, file.length);
  if (at + HEADER_BYTES > blockEnds) return undefined;
  const kind = file[at + 6]!;
  const next = at + HEADER_BYTES + file.readUInt16LE(at + 4);
  if (kind < FULL || kind > LAST || next > blockEnds) return undefined;
  if (file.readUInt32LE(at) !== masked(crc32c(file.subarray(at + 6, next)))) return undefined;
  return { kind, data: file.subarray(at + HEADER_BYTES, next), next };
}

/**
 * True when a record begins anywhere after this position. The length of the bad part may be wrong, so the next part can be
 * anywhere: each position is tried.
 */
function beginsRecordAfter(file: Buffer, bad: number): boolean {
  for (let at = bad + 1; at + HEADER_BYTES <= file.length;) {
    const part = partAt(file, at);
    if (part?.kind === FULL || part?.kind === FIRST) return true;
    at = part === undefined ? at + 1 : part.next;
  }
  return false;
}
