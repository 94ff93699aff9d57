/** The times at which a session wants to be woken, each under its name: at most one of a kind. */
export type DeadlineName = 'keepalive' | 'silence' | 'retransmit' | 'settle';

export class Deadlines {
  readonly #at = new Map<DeadlineName, number>();

  /** Arms a deadline; `Infinity` disarms it. */
  set(name: DeadlineName, at: number): void {
    if (at === Infinity) this.#at.delete(name);
    else this.#at.set(name, at);
  }

  clear(): void {
    this.#at.clear();
  }

  isDue(name: DeadlineName, now: number): boolean {
    return (this.#at.get(name) ?? Infinity) <= now;
  }

  /** The earliest; `Infinity` when none is armed. */
  next(): number {
    let next = Infinity;
    for (const at of this.#at.values()) if (at < next) next = at;
    return next;
  }
}
