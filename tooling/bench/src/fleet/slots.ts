/**
 * Visits every client of a fleet four times per `timeout`, spread evenly over that time. One timer serves all
 * clients. With one timer per client, the bench would measure the timers.
 */
const SLOTS = 25;

export class Slots<T> {
  readonly #slots: readonly Set<T>[] = Array.from({ length: SLOTS }, () => new Set<T>());
  #added = 0;

  /** @param visit called with each member every `intervalMs` */
  constructor(intervalMs: number, visit: (member: T, now: number) => void) {
    const slotMs = intervalMs / SLOTS;
    let dueAt = performance.now();
    let slot = 0;
    setInterval(() => {
      const now = performance.now();
      // After a delay of the process each slot is visited once, even if several visits were missed.
      dueAt = Math.max(dueAt, now - intervalMs);
      for (; dueAt <= now; dueAt += slotMs) {
        for (const member of this.#slots[slot]!) visit(member, now);
        slot = (slot + 1) % SLOTS;
      }
    }, slotMs);
  }

  /** Adds a member. Returns a function that removes it. */
  add(member: T): () => void {
    const slot = this.#slots[this.#added++ % SLOTS]!;
    slot.add(member);
    return () => slot.delete(member);
  }
}
