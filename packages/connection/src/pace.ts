/**
 * Rate limit for received lines (`maxLinesPerSecond`, `maxBytesPerSecond`).
 *
 * How it works: each line delays the next one. The delay is `1 / maxLinesPerSecond` or `bytes / maxBytesPerSecond`, whichever
 * is longer. Time that was not used in the last second may be used at once, so a burst of one second's worth is allowed.
 */

import type { ConnectionOptions } from './connection.js';

type PaceLimits = Pick<ConnectionOptions, 'maxLinesPerSecond' | 'maxBytesPerSecond'>;

const BURST_MS = 1000;

export class Pace {
  readonly #lineMs: number;
  readonly #byteMs: number;
  #nextAt = -Infinity;

  /** Undefined when there is no limit. */
  static of(limits: PaceLimits): Pace | undefined {
    const { maxLinesPerSecond, maxBytesPerSecond } = limits;
    return maxLinesPerSecond === undefined && maxBytesPerSecond === undefined ? undefined : new Pace(limits);
  }

  private constructor({ maxLinesPerSecond = Infinity, maxBytesPerSecond = Infinity }: PaceLimits) {
    this.#lineMs = 1000 / maxLinesPerSecond;
    this.#byteMs = 1000 / maxBytesPerSecond;
  }

  /** When the application may get the next line. A time in the past means now. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** Counts a line of this size, which the application gets now. */
  handedOver(bytes: number, now: number): void {
    const ms = Math.max(this.#lineMs, bytes * this.#byteMs);
    this.#nextAt = Math.max(this.#nextAt, now - BURST_MS) + ms;
  }
}
