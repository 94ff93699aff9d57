/** What a direction of a link does to the bytes that pass: settings that stand until they are changed. */
import { BOUNDS } from './bounds.js';
import { FaultProxyError } from './errors.js';

export interface Delay {
  /** Every chunk waits at least that long. 0 with a jitter is allowed. */
  readonly ms: number;
  /** Up to so much longer, drawn anew for each chunk; no chunk overtakes another. Default: 0. */
  readonly jitterMs?: number;
}

export interface Limit {
  /** A whole number from 1. */
  readonly bytesPerSecond: number;
}

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

/** Throws `ERR_USAGE` for a value that cannot work; returns the settings given. */
export function checked(settings: Partial<Shape>): Partial<Shape> {
  const { delay, limit, split, merge } = settings;
  if (isOn(delay)) {
    whole('delay: ms', delay.ms, 0, BOUNDS.longestMs);
    if (delay.jitterMs !== undefined) whole('delay: jitterMs', delay.jitterMs, 0, BOUNDS.longestMs);
  }
  if (isOn(limit)) whole('limit: bytesPerSecond', limit.bytesPerSecond, 1, BOUNDS.mostBytesPerSecond);
  if (isOn(merge)) whole('merge: ms', merge.ms, 0, BOUNDS.longestMs);
  if (split !== undefined && !['bytes', 'off'].includes(split)) {
    throw new FaultProxyError('ERR_USAGE', `split must be bytes or off, not ${split}`);
  }
  return settings;
}

function isOn<T extends object>(setting: T | 'off' | undefined): setting is T {
  return setting !== undefined && setting !== 'off';
}

function whole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = `a whole number from ${least} to ${most}`;
  throw new FaultProxyError('ERR_USAGE', `${name} must be ${range}, not ${String(value)}`);
}
