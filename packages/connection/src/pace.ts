/**
 * How fast lines are handed to the application: each line takes its time, the longer one of what a line and what its bytes
 * are allowed, and what was not used in the last second may be used at once.
 */

import type { ConnectionOptions } from './connection.js';

type PaceLimits = Pick<ConnectionOptions, 'maxLinesPerSecond' | 'maxBytesPerSecond'>;

const BURST_MS = 1000;

export class Pace {
  readonly #lineMs: number;
  readonly #byteMs: number;
  #nextAt = -Infinity;

  /** Undefined where there is no limit. */
  static of(limits: PaceLimits): Pace | undefined {
    const { maxLinesPerSecond, maxBytesPerSecond } = limits;
    return maxLinesPerSecond === undefined && maxBytesPerSecond === undefined ? undefined : new Pace(limits);
  }

  private constructor({ maxLinesPerSecond = Infinity, maxBytesPerSecond = Infinity }: PaceLimits) {
    this.#lineMs = 1000 / maxLinesPerSecond;
    this.#byteMs = 1000 / maxBytesPerSecond;
  }

  /** When the next line may be handed over; a time that has passed means now. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** A line of this size is handed over. */
  handedOver(bytes: number, now: number): void {
    const ms = Math.max(this.#lineMs, bytes * this.#byteMs);
    this.#nextAt = Math.max(this.#nextAt, now - BURST_MS) + ms;
  }
}
