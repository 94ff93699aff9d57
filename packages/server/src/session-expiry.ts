import type { Clock } from '@iot/connection';

/**
 * Which clients have been down for how long, and when they are to be forgotten: one timer for all of them, which looks
 * at those alone whose time has come.
 */
export class SessionExpiry {
  readonly #clock: Clock;
  readonly #afterMs: number;
  readonly #forget: (id: string) => boolean;
  /** Since when each client is down, longest first. */
  readonly #downSince = new Map<string, number>();
  #cancelTimer: (() => void) | undefined;

  /** @param forget false when the client is still needed: it is asked about again later. */
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

  /** The client is up again, or no more. */
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
