/**
 * Reads LevelDB's tables, the `.ldb` files, to find damage. LevelDB checks their checksums only with an option that
 * `classic-level` does not have.
 *
 * A file consists of data blocks, index blocks and a footer. Each block is followed by a byte for its compression and a
 * checksum. An index block has the places of other blocks. The footer, 48 bytes, has the places of two index blocks: one of
 * the data blocks and one of the filters.
 */
import { crc32c, masked } from './crc32c.js';
import { uncompress } from './snappy.js';
import { VarintReader } from './varint.js';

const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
const TRAILER_BYTES = 5;
const SNAPPY = 1;

interface Place {
  readonly offset: number;
  readonly size: number;
}

/** True when the checksums of all blocks of this table match. */
export function isTableWhole(file: Buffer): boolean {
  try {
    const footer = file.subarray(-FOOTER_BYTES);
    if (footer.length < FOOTER_BYTES || footer.readBigUInt64LE(FOOTER_BYTES - 8) !== MAGIC) return false;
    const places = new VarintReader(footer);
    const indexes = [placeFrom(places), placeFrom(places)];
    for (const index of indexes) {
      for (const place of placesIn(block(file, index))) block(file, place);
    }
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Returns the uncompressed block at this place. @throws RangeError when its checksum does not match */
function block(file: Buffer, { offset, size }: Place): Buffer {
  const end = offset + size;
  if (end + TRAILER_BYTES > file.length) throw new RangeError('a block beyond the end of its file');
  if (file.readUInt32LE(end + 1) !== masked(crc32c(file.subarray(offset, end + 1)))) {
    throw new RangeError('a block with another checksum');
  }
  const data = file.subarray(offset, end);
  return file[end] === SNAPPY ? uncompress(data) : data;
}

/** The places in an index block: they are the values of its entries. */
function* placesIn(index: Buffer): Generator<Place> {
  const restarts = index.readUInt32LE(index.length - 4);
  const reader = new VarintReader(index.subarray(0, index.length - 4 * (restarts + 1)));
  while (!reader.atEnd) {
    reader.number(); // number of bytes that the key shares with the previous key
    const [keyBytes, valueBytes] = [reader.number(), reader.number()];
    reader.bytes(keyBytes);
    yield placeFrom(new VarintReader(reader.bytes(valueBytes)));
  }
}

function placeFrom(reader: VarintReader): Place {
  return { offset: reader.number(), size: reader.number() };
}
