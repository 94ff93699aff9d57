/**
 * The originals' record of received ids: a map of 256 bits, without the times at which the bits were set.
 *
 * So that an id is forgotten before its number is used again, each received id clears the eight bits that are
 * half the range ahead of it. This works while the ids in flight span at most 119 (PROTOCOL.md, What the
 * originals get wrong and we must not: number 9), and as long as no eight consecutive ids are lost (the
 * reason for "keepers").
 */
export class SeenMap {
  readonly #bits = new Uint8Array(32);

  /** Records the id. Returns true if it was not recorded before. */
  add(id: number): boolean {
    const byte = id >> 3;
    const mask = 1 << (id & 7);
    const isNew = (this.#bits[byte]! & mask) === 0;
    this.#bits[byte]! |= mask;
    this.#bits[(byte + 16) % 32] = 0;
    return isNew;
  }

  /** Called when id 0 arrives, which an original treats as a restart of the sender. */
  clear(): void {
    this.#bits.fill(0);
  }
}
