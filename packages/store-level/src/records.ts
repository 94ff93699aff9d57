/**
 * How a session is kept in LevelDB: an entry under its id and its sequence number, and for each id one head, which says
 * what there must be. Keys are in the order of the ids, and within one id of the sequence numbers.
 *
 *   `e` id 8 bytes of the sequence number   an entry
 *   `h` id                                  the head
 *
 * An id ends with two zero bytes, and a zero byte within it is followed by 255, so no key begins with another id's. A value
 * is JSON behind a checksum over the key and the JSON: what was changed on the disk, or has another key, is noticed.
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

const ENTRY = 0x65;
const HEAD = 0x68;
const SEQUENCE_BYTES = 8;
const CHECKSUM_BYTES = 4;

export function entryKey(id: string, sequence: number): Buffer {
  const key = keyOf(ENTRY, id, SEQUENCE_BYTES);
  key.writeBigUInt64BE(BigInt(sequence), key.length - SEQUENCE_BYTES);
  return key;
}

export function headKey(id: string): Buffer {
  return keyOf(HEAD, id, 0);
}

/** The keys of all heads lie between these. */
export const ALL_HEADS = { gte: Buffer.of(HEAD), lt: Buffer.of(HEAD + 1) };

/** The keys of all entries of an id lie between these. */
export function allEntries(id: string): { readonly gte: Buffer; readonly lte: Buffer } {
  return { gte: entryKey(id, 0), lte: entryKey(id, Number.MAX_SAFE_INTEGER) };
}

/** What a key is of; undefined for one that was not made here. */
export function parseKey(
  key: Buffer,
): { readonly kind: 'entry' | 'head'; readonly id: string; readonly sequence: number } | undefined {
  const kind = key[0] === ENTRY ? 'entry' : key[0] === HEAD ? 'head' : undefined;
  if (kind === undefined) return undefined;
  const idEnds = key.length - (kind === 'entry' ? SEQUENCE_BYTES : 0);
  const id = unescaped(key.subarray(1, idEnds));
  if (id === undefined) return undefined;
  return { kind, id, sequence: kind === 'entry' ? Number(key.readBigUInt64BE(idEnds)) : 0 };
}

/** The value for this key. */
export function sealed(key: Buffer, json: Buffer): Buffer {
  const encoded = Buffer.allocUnsafe(CHECKSUM_BYTES + json.length);
  encoded.writeUInt32BE(crc32(json, crc32(key)), 0);
  encoded.set(json, CHECKSUM_BYTES);
  return encoded;
}

/** What was written under this key; undefined when this is not it. */
export function unsealed(key: Buffer, encoded: Buffer): unknown {
  if (encoded.length <= CHECKSUM_BYTES) return undefined;
  const json = encoded.subarray(CHECKSUM_BYTES);
  if (encoded.readUInt32BE(0) !== crc32(json, crc32(key))) return undefined;
  return JSON.parse(json.toString());
}

function keyOf(kind: number, id: string, behind: number): Buffer {
  const text = Buffer.from(id);
  const zeros = text.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  const key = Buffer.alloc(1 + text.length + zeros + 2 + behind);
  let at = 0;
  key[at++] = kind;
  for (const byte of text) {
    key[at++] = byte;
    if (byte === 0) key[at++] = 0xff;
  }
  return key;
}

/** Undefined when it does not end as an id does. */
function unescaped(key: Buffer): string | undefined {
  const bytes: number[] = [];
  for (let at = 0; at < key.length; at += 1) {
    const byte = key[at]!;
    if (byte === 0) {
      at += 1;
      if (key[at] === 0) return at === key.length - 1 ? Buffer.from(bytes).toString() : undefined;
      if (key[at] !== 0xff) return undefined;
    }
    bytes.push(byte);
  }
  return undefined;
}
