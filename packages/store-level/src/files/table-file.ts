/**
 * LevelDB's format of its `.ldb` files, read to find damage: LevelDB itself checks their checksums only with an option that
 * its binding does not have.
 *
 * A file is blocks, each followed by a byte that says whether it is compressed and a checksum; then an index block with
 * the place of each data block, and a footer of 48 bytes with the places of the index and of another index, of filters.
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

/** Whether every block of this table is what was written. */
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

/** @throws RangeError when it is not whole */
function block(file: Buffer, { offset, size }: Place): Buffer {
  const end = offset + size;
  if (end + TRAILER_BYTES > file.length) throw new RangeError('a block beyond the end of its file');
  if (file.readUInt32LE(end + 1) !== masked(crc32c(file.subarray(offset, end + 1)))) {
    throw new RangeError('a block with another checksum');
  }
  const data = file.subarray(offset, end);
  return file[end] === SNAPPY ? uncompress(data) : data;
}

/** The places that an index names: the values of its entries. */
function* placesIn(index: Buffer): Generator<Place> {
  const restarts = index.readUInt32LE(index.length - 4);
  const reader = new VarintReader(index.subarray(0, index.length - 4 * (restarts + 1)));
  while (!reader.atEnd) {
    reader.number(); // bytes shared with the key before
    const [keyBytes, valueBytes] = [reader.number(), reader.number()];
    reader.bytes(keyBytes);
    yield placeFrom(new VarintReader(reader.bytes(valueBytes)));
  }
}

function placeFrom(reader: VarintReader): Place {
  return { offset: reader.number(), size: reader.number() };
}
