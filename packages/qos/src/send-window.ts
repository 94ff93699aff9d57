/**
 * How many lines may be in flight: as many as the peer has shown that it takes (PROTOCOL.md section 3, The sender).
 *
 * Theory of operation: the first burst is as large as is allowed, and the next line goes when all of it is acked: a peer
 * that keeps one line and drops the rest would else get a later line before those that are repeated. A burst acked as a
 * whole proves the peer, and from then on each ack makes way for a line. A line repeated on a live link among others
 * makes the window one line. It grows again after a number of acks, which doubles each time: it becomes two lines, and
 * doubles with each burst acked as a whole.
 */

/** Acks after which the window grows from one line, at first and at most. */
const FIRST_ACKS = 64;
const MOST_ACKS = 1024;

export class SendWindow {
  readonly #most: number;
  #size: number;
  #proven = false;
  /** Lines sent since none was in flight. */
  #burst = 0;
  #acksToGrow = 0;
  #acksAfterFall = FIRST_ACKS;

  /** @param most lines in flight, whatever the peer takes */
  constructor(most: number) {
    this.#most = most;
    this.#size = most;
  }

  /** Whether one more may go when this many are in flight. */
  allows(inFlight: number): boolean {
    if (inFlight === 0) return true;
    return inFlight < this.#size && (this.#proven || this.#burst < this.#size);
  }

  /** A line goes beside these. */
  sent(inFlight: number): void {
    this.#burst = inFlight === 0 ? 1 : this.#burst + 1;
  }

  /** A line was acked, and this many are still in flight. */
  acked(inFlight: number): void {
    if (this.#proven) return;
    if (this.#size === 1 && this.#most > 1) {
      this.#acksToGrow -= 1;
      if (this.#acksToGrow === 0) this.#size = 2;
    } else if (inFlight === 0 && this.#burst >= this.#size) {
      if (this.#size === this.#most) this.#proven = true;
      else this.#size = Math.min(this.#most, 2 * this.#size);
    }
  }

  /** A line had to be repeated; one that went by itself was not lost because there were too many. */
  fall(): void {
    if (this.#size === 1 || this.#burst === 1) return;
    this.#size = 1;
    this.#proven = false;
    this.#acksToGrow = this.#acksAfterFall;
    this.#acksAfterFall = Math.min(MOST_ACKS, 2 * this.#acksAfterFall);
  }

  /** The repeat was not needed: the peer had taken the lines. */
  restore(): void {
    this.#size = this.#most;
  }
}
