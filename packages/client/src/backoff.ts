/**
 * How long to wait before the next attempt: not at all at first, then at random between nothing and a bound that doubles
 * up to a cap (exponential backoff with full jitter), so that a fleet does not come back in step.
 */
const FIRST_BOUND_MS = 100;
/** A server that is back is found again within this time. */
const LAST_BOUND_MS = 5000;

export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** @param random from 0 to 1 */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** A link has lasted: the next attempt is made at once. */
  reset(): void {
    this.#failures = 0;
  }

  /** Milliseconds to wait before the next attempt, which counts as failed until `reset`. */
  next(): number {
    const failures = this.#failures++;
    if (failures === 0) return 0;
    return this.#random() * Math.min(LAST_BOUND_MS, FIRST_BOUND_MS * 2 ** (failures - 1));
  }
}
