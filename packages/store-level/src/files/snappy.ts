import { VarintReader } from './varint.js';

/**
 * What Snappy has compressed: its length, then pieces that are either given or copied from what is there already.
 *
 * @throws RangeError for what Snappy has not made
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
    // Byte by byte: a copy may reach into what it makes.
    for (const end = at + length; at < end; at += 1) out[at] = out[at - back]!;
  }
  if (at !== out.length) throw new RangeError('less than was announced');
  return out;
}
