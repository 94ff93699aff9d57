/**
 * What the unread lines of all sessions of a process take together. While it is more than there may be, the sessions that
 * have more than the mean read nothing more from their links: the largest are slowed, and one whose program reads in time
 * notices nothing.
 */
export class UnreadTotal {
  readonly #maxBytes: number;
  readonly #exceeded: (() => void) | undefined;
  #bytes = 0;
  /** Sessions that have unread lines. */
  #holders = 0;

  /**
   * @param maxBytes may be exceeded by what each session reads before it looks again
   * @param exceeded called each time that it is
   */
  constructor(maxBytes: number, exceeded?: () => void) {
    this.#maxBytes = maxBytes;
    this.#exceeded = exceeded;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The unread lines of one session, which took `before` bytes, take `after`. */
  changed(before: number, after: number): void {
    const wasWithin = this.#bytes <= this.#maxBytes;
    this.#bytes += after - before;
    if (wasWithin && this.#bytes > this.#maxBytes) this.#exceeded?.();
    this.#holders += Number(after > 0) - Number(before > 0);
  }

  /** Whether a session whose unread lines take this number of bytes is to take no more for now. */
  isOver(bytes: number): boolean {
    return this.#bytes > this.#maxBytes && bytes * this.#holders >= this.#maxBytes;
  }
}
