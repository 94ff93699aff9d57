/** Uncompresses data in the Snappy format, which LevelDB uses for blocks of its tables. */
import { VarintReader } from './varint.js';

/**
 * Uncompresses Snappy data. It has the length of the result, followed by pieces. A piece is either literal bytes, or a copy
 * of bytes that were output before.
 *
 * @throws RangeError when the data is not in the Snappy format
 */
export function uncompress(compressed: Buffer): Buffer {
  const reader = new VarintReader(compressed);
  const out = Buffer.alloc(reader.number());
  let at = 0;
  while (!reader.atEnd) {
    const tag = reader.bytes(1)[0]!;
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >>> 2;
      const length = 1 + (short < 60 ? short : reader.bytes(short - 59).readUIntLE(0, short - 59));
      if (at + length > out.length) throw new RangeError('more than was announced');
      at += reader.bytes(length).copy(out, at);
      continue;
    }
    const length = kind === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2);
    const back =
      kind === 1
        ? ((tag >>> 5) << 8) | reader.bytes(1)[0]!
        : kind === 2
          ? reader.bytes(2).readUInt16LE()
          : reader.bytes(4).readUInt32LE();
    if (back === 0 || back > at || at + length > out.length)
      throw new RangeError('a copy of what is not there');
    // Copy byte by byte: the source may overlap with the bytes that this copy writes.
    for (const end = at + length; at < end; at += 1) out[at] = out[at - back]!;
  }
  if (at !== out.length) throw new RangeError('less than was announced');
  return out;
}
