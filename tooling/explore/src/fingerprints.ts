/**
 * A set of strings that keeps only a hash of 64 bits per string: 8 bytes per entry, or 16 with the free
 * slots. Among 10 million strings, the probability that any two have the same hash is 3 in a million.
 */
export class Fingerprints {
  #halves = new Uint32Array(2 * 1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a string. Returns false if it was already in the set. */
  add(text: string): boolean {
    const [low, high] = hash(text);
    const place = this.#find(low, high);
    if (this.#halves[2 * place + 1] !== 0) return false;
    this.#put(place, low, high);
    this.#size += 1;
    if (this.#size * 2 > this.#halves.length / 2) this.#grow();
    return true;
  }

  /** The slot of the hash, or the free slot for it. */
  #find(low: number, high: number): number {
    const last = this.#halves.length / 2 - 1;
    for (let place = low & last; ; place = (place + 1) & last) {
      const found = this.#halves[2 * place + 1];
      if (found === 0 || (found === high && this.#halves[2 * place] === low)) return place;
    }
  }

  #put(place: number, low: number, high: number): void {
    this.#halves[2 * place] = low;
    this.#halves[2 * place + 1] = high;
  }

  #grow(): void {
    const old = this.#halves;
    this.#halves = new Uint32Array(2 * old.length);
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] !== 0) this.#put(this.#find(old[i]!, old[i + 1]!), old[i]!, old[i + 1]!);
    }
  }
}

/** Two hashes of 32 bits. The second is never 0, because 0 marks a free slot. */
function hash(text: string): readonly [low: number, high: number] {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    low = Math.imul(low ^ code, 0x01000193);
    low ^= low >>> 15;
    high = Math.imul(high ^ code, 0x85ebca6b);
    high ^= high >>> 13;
  }
  return [low >>> 0, high >>> 0 || 1];
}
