import { FaultProxyError } from './errors.js';

/**
 * Seeded random generator (mulberry32). It uses exact 32-bit arithmetic, so that a seed gives the same
 * numbers on every machine. Not for cryptography.
 */
export class SeededRandom {
  #state: number;

  /**
   * Throws `ERR_USAGE` unless `seed` is a whole number below 2 ** 32: the state has 32 bits, and two seeds
   * must not give the same numbers.
   */
  constructor(seed: number) {
    this.#state = seed >>> 0;
    if (this.#state === seed) return;
    throw new FaultProxyError(
      'ERR_USAGE',
      `a seed must be a whole number below 2 ** 32, not ${String(seed)}`,
    );
  }

  /** From 0 up to, but not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  from(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.from(0, items.length - 1)]!;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(this.from(0, left.length - 1), 1)[0]!);
  }
}
