/**
 * Items that are due at some time, with one timer for all of them. Items with the same duration are due in the order in which
 * they came, so each duration has a row of its own, and only the first items of the rows are looked at.
 */
import type { Clock } from './ports.js';

export interface Expiring {
  /** Infinity: never. */
  readonly expiresInMs: number;
  /** Of the clock: that much later than it came. */
  readonly expiresAt: number;
}

export class Deadlines<T extends Expiring> {
  readonly #clock: Clock;
  readonly #due: (item: T) => void;
  /** By duration. */
  readonly #rows = new Map<number, Set<T>>();
  #timerAt = Infinity;
  #cancelTimer: (() => void) | undefined;

  /** @param due called with each item when it is due; it is no longer here then */
  constructor(clock: Clock, due: (item: T) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  add(item: T): void {
    if (item.expiresInMs === Infinity) return;
    let row = this.#rows.get(item.expiresInMs);
    if (row === undefined) this.#rows.set(item.expiresInMs, (row = new Set()));
    row.add(item);
    this.#arm(item.expiresAt);
  }

  /** Nothing changes if it is not here. The timer stays, and finds nothing then. */
  delete(item: T): void {
    const row = this.#rows.get(item.expiresInMs);
    if (row?.delete(item) === true && row.size === 0) this.#rows.delete(item.expiresInMs);
  }

  close(): void {
    this.#rows.clear();
    this.#disarm();
  }

  #arm(at: number): void {
    if (at >= this.#timerAt) return;
    this.#disarm();
    this.#timerAt = at;
    this.#cancelTimer = this.#clock.at(at, this.#look);
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#timerAt = Infinity;
  }

  readonly #look = (): void => {
    this.#timerAt = Infinity;
    const now = this.#clock.now();
    for (const row of this.#rows.values()) {
      for (const item of row) {
        if (item.expiresAt > now) {
          this.#arm(item.expiresAt);
          break;
        }
        this.delete(item);
        this.#due(item);
      }
    }
  };
}
