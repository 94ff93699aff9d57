/** What a direction of a link does to the bytes that pass: settings that are in effect until they are changed. */
import { BOUNDS } from './bounds.js';
import { check, oneOf, wholeNumber } from './fields.js';

/** How much later chunks come. */
export interface Delay {
  /** Every chunk waits at least that long. 0 with a jitter is allowed. */
  readonly ms: number;
  /** Up to this much longer, drawn for each chunk; no chunk overtakes another. Default: 0. */
  readonly jitterMs?: number;
}

/** The highest rate. */
export interface Limit {
  /** A whole number from 1. */
  readonly bytesPerSecond: number;
}

/** How long chunks are collected. */
export interface Merge {
  /** What comes within this time after a chunk is passed together with it, as one write. */
  readonly ms: number;
}

/** `bytes`: each byte in a write of its own. */
export type Split = 'bytes' | 'off';

export interface Shape {
  readonly delay: Delay | 'off';
  readonly limit: Limit | 'off';
  readonly split: Split;
  readonly merge: Merge | 'off';
}

/** Bytes pass as they come. */
export const PLAIN: Shape = { delay: 'off', limit: 'off', split: 'off', merge: 'off' };

const ms = wholeNumber(0, BOUNDS.longestMs);
const rate = wholeNumber(1, BOUNDS.mostBytesPerSecond);

/** Throws `ERR_USAGE` for a value that cannot work; returns the settings given. */
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
