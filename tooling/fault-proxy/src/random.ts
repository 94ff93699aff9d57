import { FaultProxyError } from './errors.js';

/**
 * Numbers from 0 up to, but not including, 1: mulberry32, exact in 32-bit arithmetic, so that a seed gives the same
 * on every machine. Not for cryptography. Throws `ERR_USAGE` unless `seed` is a whole number
 * below 2 ** 32: it has 32 bits of state, and no two seeds are to mean the same.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  if (state !== seed) {
    throw new FaultProxyError(
      'ERR_USAGE',
      `a seed must be a whole number below 2 ** 32, not ${String(seed)}`,
    );
  }
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
