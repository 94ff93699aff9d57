/**
 * The originals' record of ids received: a map of 256 bits, with no memory of when a bit was set.
 *
 * To forget an id before its number comes round again, each id received wipes the eight bits half a lap ahead of
 * it. This holds while the ids under way span at most 119 (PROTOCOL.md, What the originals get wrong and we must not: number 9), and as long as no eight ids in a
 * row are lost (the reason for "keepers").
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
