/** CRC-32C, the checksum in LevelDB's files. It processes four bytes at a time, with one table for each of the four. */
const TABLES = makeTables();

export function crc32c(bytes: Uint8Array): number {
  const [one, two, three, four] = TABLES;
  let crc = -1;
  let at = 0;
  for (const whole = bytes.length - 3; at < whole; at += 4) {
    const word = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    crc = four[word & 255]! ^ three[(word >>> 8) & 255]! ^ two[(word >>> 16) & 255]! ^ one[word >>> 24]!;
  }
  for (; at < bytes.length; at += 1) crc = one[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

/**
 * The form in which LevelDB stores a checksum: rotated and with an offset added. A plain CRC is weak over data that contains
 * CRCs.
 */
export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function makeTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const tables = [0, 1, 2, 3].map(() => new Int32Array(256)) as unknown as ReturnType<typeof makeTables>;
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    tables[0][byte] = crc;
  }
  for (const [at, table] of tables.slice(1).entries()) {
    for (let byte = 0; byte < 256; byte += 1) {
      const before = tables[at]![byte]!;
      table[byte] = (before >>> 8) ^ tables[0][before & 255]!;
    }
  }
  return tables;
}
