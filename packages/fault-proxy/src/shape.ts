/** How one direction of a link treats the bytes that pass. The settings apply until they are changed. */
import { BOUNDS } from './bounds.js';
import { check, oneOf, wholeNumber } from './fields.js';

/** The delay of each chunk. */
export interface Delay {
  /** Minimum delay of a chunk. May be 0, which is useful with a jitter. */
  readonly ms: number;
  /** Maximum additional delay, drawn for each chunk. No chunk overtakes another. Default: 0. */
  readonly jitterMs?: number;
}

/** The highest rate. */
export interface Limit {
  /** A whole number from 1. */
  readonly bytesPerSecond: number;
}

/** How long chunks are collected. */
export interface Merge {
  /** Chunks that arrive within this time after the first chunk are passed on with it, as one write. */
  readonly ms: number;
}

/** `bytes`: each byte in a separate write. */
export type Split = 'bytes' | 'off';

export interface Shape {
  readonly delay: Delay | 'off';
  readonly limit: Limit | 'off';
  readonly split: Split;
  readonly merge: Merge | 'off';
}

/** No fault: bytes pass unchanged and at once. */
export const PLAIN: Shape = { delay: 'off', limit: 'off', split: 'off', merge: 'off' };

const ms = wholeNumber(0, BOUNDS.longestMs);
const rate = wholeNumber(1, BOUNDS.mostBytesPerSecond);

/** Returns `settings`. Throws `ERR_USAGE` for an invalid value. */
export function checked(settings: Partial<Shape>): Partial<Shape> {
  const { delay = 'off', limit = 'off', split = 'off', merge = 'off' } = settings;
  if (delay !== 'off') {
    check('delay: ms', delay.ms, ms);
    check('delay: jitterMs', delay.jitterMs ?? 0, ms);
  }
  if (limit !== 'off') check('limit: bytesPerSecond', limit.bytesPerSecond, rate);
  if (merge !== 'off') check('merge: ms', merge.ms, ms);
  check('split', split, oneOf('bytes', 'off'));
  return settings;
}
