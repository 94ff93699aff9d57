/**
 * LevelDB's format of its `.log` and `MANIFEST` files, read to find damage: LevelDB itself skips a record of a log whose
 * checksum is wrong and continues with the next, without an error.
 *
 * A file is blocks of 32 KiB. A record lies in one block (`full`), or in parts in several (`first`, `middle`, `last`); each
 * part has a checksum, a length and its kind before it. A block's rest of less than 7 bytes is zeros.
 *
 * A power loss leaves a torn tail: what was written last is not there, or not whole, and nothing was written after it.
 * Parts of that same record may be whole. Anything that begins another record after a bad part shows damage.
 */
import { crc32c, masked } from './crc32c.js';

const BLOCK_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

export interface LogFile {
  /** The records that are whole, up to the first bad part. */
  readonly records: readonly Buffer[];
  /** Where the first record begins that is not whole; the length of the file when there is none. */
  readonly end: number;
  /** `torn`: the last record is not whole. `damaged`: one is not whole that others follow. */
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

/** The part that lies here; undefined when none does, or it is not whole. */
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
 * Whether a record begins somewhere after this place. A wrong length does not say where the next part is, so each byte is
 * tried.
 */
function beginsRecordAfter(file: Buffer, bad: number): boolean {
  for (let at = bad + 1; at + HEADER_BYTES <= file.length;) {
    const part = partAt(file, at);
    if (part?.kind === FULL || part?.kind === FIRST) return true;
    at = part === undefined ? at + 1 : part.next;
  }
  return false;
}
