/**
 * The keys and values of a session in LevelDB. A session is a log of entries, each with a sequence number. Each id also has
 * one head: a record of the entries that must exist. Keys are sorted by id, and within an id by sequence number.
 *
 *   key                                     value
 *   `e` id 8 bytes of the sequence number   an entry
 *   `h` id                                  the head
 *
 * In a key, an id is UTF-8 with a byte 1 after each zero byte, followed by two zero bytes. So no key of one id begins with
 * the key of another id. A value is a checksum over key and JSON, followed by the JSON. The checksum finds a value that was
 * changed on the disk, and a value that belongs to another key.
 */
import { crc32 } from 'node:zlib';

/** The record of one id: its entries are those from `first` to `last`, without a gap. */
export interface Head {
  /** Sequence number of the oldest entry that was not trimmed; `last + 1` when all entries were trimmed. */
  readonly first: number;
  readonly last: number;
  /**
   * The sequence number of the last checkpoint; 0 when there is none. A checkpoint is an entry with the whole state of the
   * session: entries before it are not needed to load the session.
   */
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

/** The range of the keys of all heads. */
export const ALL_HEADS = { gte: Buffer.from(HEAD), lt: Buffer.from('i') };

/** The range of the keys of all entries of an id. */
export function allEntries(id: string): { readonly gte: Buffer; readonly lte: Buffer } {
  return { gte: entryKey(id, 0), lte: entryKey(id, Number.MAX_SAFE_INTEGER) };
}

/** Parses a key. Returns undefined for a key that is not of this format. */
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

/** Makes the value for this key: checksum and JSON. */
export function sealed(key: Buffer, json: Buffer): Buffer {
  const encoded = Buffer.allocUnsafe(CHECKSUM_BYTES + json.length);
  encoded.writeUInt32BE(crc32(json, crc32(key)), 0);
  encoded.set(json, CHECKSUM_BYTES);
  return encoded;
}

/** Parses the value of this key. Returns undefined when the checksum does not match. */
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
