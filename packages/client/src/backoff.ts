/**
 * How long to wait before the next attempt: not at all at first, then at random between nothing and a bound that doubles
 * up to a cap (exponential backoff with full jitter), so that a fleet does not come back in step.
 */
export interface BackoffSettings {
  /** The first bound. */
  readonly minMs: number;
  /** The cap. */
  readonly maxMs: number;
}

export class Backoff {
  readonly #settings: BackoffSettings;
  readonly #random: () => number;
  #failures = 0;

  /** @param random from 0 to 1 */
  constructor(settings: BackoffSettings, random: () => number = Math.random) {
    this.#settings = settings;
    this.#random = random;
  }

  /** A link has lasted: the next attempt is made at once. */
  reset(): void {
    this.#failures = 0;
  }

  /** Milliseconds to wait before the next attempt, which counts as failed until `reset`. */
  next(): number {
    const { minMs, maxMs } = this.#settings;
    const failures = this.#failures++;
    if (failures === 0) return 0;
    return this.#random() * Math.min(maxMs, minMs * 2 ** (failures - 1));
  }
}
