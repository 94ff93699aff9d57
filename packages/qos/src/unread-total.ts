/**
 * Limits the memory that the unread lines of all sessions of a process take together. While they exceed the limit, each
 * session that has more than an equal share of the limit reads nothing more from its link. So the sessions with the most
 * unread lines are slowed, and a session whose program reads in time is not affected.
 */
export class UnreadTotal {
  readonly #maxBytes: number;
  readonly #exceeded: (() => void) | undefined;
  #bytes = 0;
  /** Number of sessions that have unread lines. */
  #holders = 0;

  /**
   * @param maxBytes may be exceeded by what each session reads before it checks again
   * @param exceeded called each time the limit becomes exceeded
   */
  constructor(maxBytes: number, exceeded?: () => void) {
    this.#maxBytes = maxBytes;
    this.#exceeded = exceeded;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The unread lines of one session took `before` bytes, and take `after` bytes now. */
  changed(before: number, after: number): void {
    const wasWithin = this.#bytes <= this.#maxBytes;
    this.#bytes += after - before;
    if (wasWithin && this.#bytes > this.#maxBytes) this.#exceeded?.();
    this.#holders += Number(after > 0) - Number(before > 0);
  }

  /** Whether a session whose unread lines take this number of bytes must read nothing more for now. */
  isOver(bytes: number): boolean {
    return this.#bytes > this.#maxBytes && bytes * this.#holders >= this.#maxBytes;
  }
}
