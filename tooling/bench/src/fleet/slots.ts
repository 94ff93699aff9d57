/**
 * What every client of a fleet gets four times in a `timeout`, spread evenly over that time, by one timer for all of
 * them: a server or a load with a timer for each would measure the timers.
 */
const SLOTS = 25;

export class Slots<T> {
  readonly #slots: readonly Set<T>[] = Array.from({ length: SLOTS }, () => new Set<T>());
  #added = 0;

  /** @param visit is called with each member every `intervalMs` */
  constructor(intervalMs: number, visit: (member: T, now: number) => void) {
    const slotMs = intervalMs / SLOTS;
    let dueAt = performance.now();
    let slot = 0;
    setInterval(() => {
      const now = performance.now();
      // A process that was late visits each slot once, and not as often as it has missed it.
      dueAt = Math.max(dueAt, now - intervalMs);
      for (; dueAt <= now; dueAt += slotMs) {
        for (const member of this.#slots[slot]!) visit(member, now);
        slot = (slot + 1) % SLOTS;
      }
    }, slotMs);
  }

  /** Returns what takes it out. */
  add(member: T): () => void {
    const slot = this.#slots[this.#added++ % SLOTS]!;
    slot.add(member);
    return () => slot.delete(member);
  }
}
