/**
 * The pause before an attempt to connect: exponential backoff with full jitter. The first attempt has no pause. After that the
 * pause is a random time between 0 and a bound. The bound doubles with each failure up to a maximum. The random time prevents
 * that all clients of a fleet reconnect at the same moment.
 */
export interface BackoffSettings {
  /** The first bound. */
  readonly minMs: number;
  /** The largest bound. */
  readonly maxMs: number;
}

export class Backoff {
  readonly #settings: BackoffSettings;
  readonly #random: () => number;
  #failures = 0;

  /** @param random returns a number from 0 to 1 */
  constructor(settings: BackoffSettings, random: () => number = Math.random) {
    this.#settings = settings;
    this.#random = random;
  }

  /** Called after a link that lasted: the next attempt has no pause. */
  reset(): void {
    this.#failures = 0;
  }

  /** Returns the pause before the next attempt, in ms. The attempt counts as failed until `reset` is called. */
  next(): number {
    const { minMs, maxMs } = this.#settings;
    const failures = this.#failures++;
    if (failures === 0) return 0;
    return this.#random() * Math.min(maxMs, minMs * 2 ** (failures - 1));
  }
}
