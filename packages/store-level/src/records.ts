/**
 * How a session is kept in LevelDB: an entry under its id and its sequence number, and for each id one head, which says
 * what there must be. Keys are in the order of the ids, and within one id of the sequence numbers.
 *
 *   `e` id 8 bytes of the sequence number   an entry
 *   `h` id                                  the head
 *
 * An id is in UTF-8, ends with two zero bytes, and has a 1 after each zero byte of its own, so no key begins with the key of
 * another id. A value is JSON after a checksum over the key and the JSON, which shows a value that has changed on the disk or
 * belongs to another key.
 */
import { crc32 } from 'node:zlib';

/** What there is of one id: the entries from `first` to `last`, without a gap. */
export interface Head {
  /** Entries before it have been trimmed; `last + 1` when all have. */
  readonly first: number;
  readonly last: number;
  /** The sequence number of the last checkpoint; 0 when there is none. */
  readonly checkpoint: number;
}

const ENTRY = 'e';
const HEAD = 'h';
const SEQUENCE_BYTES = 8;
const CHECKSUM_BYTES = 4;

export function entryKey(id: string, sequence: number): Buffer {
  const start = keyOf(ENTRY, id);
  const key = Buffer.allocUnsafe(start.length + SEQUENCE_BYTES);
  key.set(start);
  key.writeBigUInt64BE(BigInt(sequence), start.length);
  return key;
}

export function headKey(id: string): Buffer {
  return keyOf(HEAD, id);
}

/** The keys of all heads lie between these. */
export const ALL_HEADS = { gte: Buffer.from(HEAD), lt: Buffer.from('i') };

/** The keys of all entries of an id lie between these. */
export function allEntries(id: string): { readonly gte: Buffer; readonly lte: Buffer } {
  return { gte: entryKey(id, 0), lte: entryKey(id, Number.MAX_SAFE_INTEGER) };
}

/** The parts of a key; undefined for a key that this file did not make. */
export function parseKey(
  key: Buffer,
): { readonly kind: 'entry' | 'head'; readonly id: string; readonly sequence: number } | undefined {
  const isEntry = key[0] === ENTRY.charCodeAt(0);
  const end = key.length - END.length - (isEntry ? SEQUENCE_BYTES : 0);
  if (end < 1) return undefined;
  const id = key.toString('utf8', 1, end).replaceAll(`${ZERO}${ONE}`, ZERO);
  const sequence = isEntry ? Number(key.readBigUInt64BE(end + END.length)) : 0;
  const made = isEntry ? entryKey(id, sequence) : headKey(id);
  return made.equals(key) ? { kind: isEntry ? 'entry' : 'head', id, sequence } : undefined;
}

/** The value for this key. */
export function sealed(key: Buffer, json: Buffer): Buffer {
  const encoded = Buffer.allocUnsafe(CHECKSUM_BYTES + json.length);
  encoded.writeUInt32BE(crc32(json, crc32(key)), 0);
  encoded.set(json, CHECKSUM_BYTES);
  return encoded;
}

/** What was written under this key; undefined when the checksum does not match. */
export function unsealed(key: Buffer, encoded: Buffer): unknown {
  if (encoded.length <= CHECKSUM_BYTES) return undefined;
  const json = encoded.subarray(CHECKSUM_BYTES);
  if (encoded.readUInt32BE(0) !== crc32(json, crc32(key))) return undefined;
  return JSON.parse(json.toString());
}

const ZERO = '\u0000';
const ONE = '\u0001';
const END = `${ZERO}${ZERO}`;

function keyOf(kind: string, id: string): Buffer {
  return Buffer.from(`${kind}${id.replaceAll(ZERO, `${ZERO}${ONE}`)}${END}`);
}
