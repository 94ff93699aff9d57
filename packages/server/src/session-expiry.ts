/** Decides when clients that are down are forgotten (option `forgetAfterMs`). */
import type { Clock } from '@iot/connection';

/**
 * Records since when each client is down, and calls back when it has been down for `afterMs`. There is one timer for all
 * clients. Clients are ordered by the time at which they went down, so only those that have expired are visited.
 */
export class SessionExpiry {
  readonly #clock: Clock;
  readonly #afterMs: number;
  readonly #forget: (id: string) => boolean;
  /** The time at which each client went down, the earliest first. */
  readonly #downSince = new Map<string, number>();
  #cancelTimer: (() => void) | undefined;

  /** @param forget returns false if the client is still needed. It is then called again after another `afterMs`. */
  constructor(clock: Clock, afterMs: number, forget: (id: string) => boolean) {
    this.#clock = clock;
    this.#afterMs = afterMs;
    this.#forget = forget;
  }

  down(id: string): void {
    this.#downSince.delete(id);
    this.#downSince.set(id, this.#clock.now());
    this.#arm();
  }

  /** The client is up again, or was forgotten. */
  release(id: string): void {
    this.#downSince.delete(id);
  }

  stop(): void {
    this.#downSince.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #arm(): void {
    if (this.#cancelTimer !== undefined) return;
    for (const since of this.#downSince.values()) {
      this.#cancelTimer = this.#clock.at(since + this.#afterMs, () => {
        this.#cancelTimer = undefined;
        this.#sweep();
      });
      return;
    }
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [id, since] of this.#downSince) {
      if (since + this.#afterMs > now) break;
      this.#downSince.delete(id);
      if (!this.#forget(id)) this.#downSince.set(id, now);
    }
    this.#arm();
  }
}
