/**
 * Calls back for each item when it expires, with one timer for all items.
 *
 * How it works: items are kept in one queue for each duration. Items with the same duration expire in the order in which they
 * were added, so only the first item of each queue has to be checked.
 */
import type { Clock } from './ports.js';

export interface Expiring {
  /** How long after it was added the item expires. Infinity: never. */
  readonly expiresInMs: number;
  /** The same as a time of the clock. */
  readonly expiresAt: number;
}

export class Deadlines<T extends Expiring> {
  readonly #clock: Clock;
  readonly #due: (item: T) => void;
  /** The queues, by `expiresInMs`. */
  readonly #rows = new Map<number, Set<T>>();
  #timerAt = Infinity;
  #cancelTimer: (() => void) | undefined;

  /** @param due called with each item when it expires, after the item was removed */
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

  /** Removes an item, if it is here. The timer is left running: it finds nothing to do when it fires. */
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
