/** Reads varints, the numbers in LevelDB's formats: seven bits in each byte, lowest bits first. */
export class VarintReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** @throws RangeError when the bytes end before the number does */
  number(): number {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || place > 2 ** 63) throw new RangeError('a number without an end');
      value += (byte & 127) * place;
      if (byte < 128) return value;
    }
  }

  /** @throws RangeError when fewer than `length` bytes are left */
  bytes(length: number): Buffer {
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw new RangeError('not as many bytes as are announced');
    this.#at += length;
    return bytes;
  }
}
