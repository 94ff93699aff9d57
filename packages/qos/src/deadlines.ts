/** The times at which a link wants to be looked at again, each under its name: at most one of a kind. */
export type DeadlineName = 'keepalive' | 'silence' | 'retransmit' | 'settle';

export class Deadlines {
  readonly #at: Record<DeadlineName, number> = {
    keepalive: Infinity,
    silence: Infinity,
    retransmit: Infinity,
    settle: Infinity,
  };

  /** Arms a deadline; `Infinity` disarms it. */
  set(name: DeadlineName, at: number): void {
    this.#at[name] = at;
  }

  isDue(name: DeadlineName, now: number): boolean {
    return this.#at[name] <= now;
  }

  /** The earliest; `Infinity` when none is armed. */
  next(): number {
    const { keepalive, silence, retransmit, settle } = this.#at;
    return Math.min(keepalive, silence, retransmit, settle);
  }
}
