/**
 * The only random generator of a simulated world: sfc32, seeded by splitmix32.
 *
 * Both are small, well known and exact in 32-bit integer arithmetic, so a seed gives the same world on every
 * machine and every version of Node. Not for cryptography.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed` is any safe integer; neighbouring seeds give unrelated sequences. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is a safe integer, not ${seed}`);
    const low = splitmix32(seed);
    const high = splitmix32(Math.floor(seed / 2 ** 32));
    this.#a = low();
    this.#b = high();
    this.#c = low();
    // Initial rounds that mix the state, as the author of sfc32 recommends.
    for (let round = 0; round < 15; round += 1) this.#next();
  }

  /** A number from 0 up to, but not including, 1. */
  float(): number {
    return this.#next() / 2 ** 32;
  }

  /** An integer from `min` to `max`, both included. */
  int(min: number, max: number): number {
    if (!Number.isInteger(min) || !Number.isInteger(max) || max < min) {
      throw new RangeError(`no integer lies between ${min} and ${max}`);
    }
    return min + Math.floor(this.float() * (max - min + 1));
  }

  /**
   * True with probability `p`. Always draws one number, so that a change of `p` does not change later draws.
   */
  chance(p: number): boolean {
    return this.float() < p;
  }

  /** One of the items, with equal probability. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from');
    return items[this.int(0, items.length - 1)] as T;
  }

  /**
   * A separate generator for one part of the world. If that part draws more numbers than before, the other
   * parts do not change.
   */
  fork(): Random {
    return new Random(this.#next() * 2 ** 21 + (this.#next() >>> 11));
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }
}

function splitmix32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}
