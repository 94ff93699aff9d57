/**
 * How many lines may be in flight: as many as the peer has shown that it takes (PROTOCOL.md section 3, The sender).
 *
 * Theory of operation: the first burst, which is what goes out at one time, is as large as is allowed, and the next line
 * goes when all of it is acked: a peer that keeps one line and drops the rest would otherwise get a later line before those
 * that are repeated. A burst of several lines acked as a whole proves the peer, and from then on each ack makes way for a
 * line. A line repeated on a live link among others makes the window one line. It grows again after a number of acks,
 * which doubles each time: it becomes two lines, and doubles with each burst of that size acked as a whole.
 */

/** What goes out within this time is one burst; ms. */
const BURST_MS = 0.5;

/** Acks after which the window grows from one line, at first and at most. */
const FIRST_ACKS = 64;
const MOST_ACKS = 1024;

export class SendWindow {
  readonly #most: number;
  #size: number;
  #proven = false;
  /** Lines sent since none was in flight, and when the first of them was. */
  #burst = 0;
  #burstAt = 0;
  #acksToGrow = 0;
  #acksAfterFall = FIRST_ACKS;
  /** What the last fall changed, until it is confirmed by an ack. */
  #beforeFall:
    { readonly size: number; readonly proven: boolean; readonly acksAfterFall: number } | undefined;

  /** @param most lines in flight, whatever the peer takes */
  constructor(most: number) {
    this.#most = most;
    this.#size = most;
  }

  /** Whether one more may go when this many are in flight. */
  allows(inFlight: number, now: number): boolean {
    if (inFlight === 0) return true;
    if (inFlight >= this.#size) return false;
    return this.#proven || (this.#burst < this.#size && now - this.#burstAt <= BURST_MS);
  }

  /** A line goes beside these. */
  sent(inFlight: number, now: number): void {
    if (inFlight > 0) this.#burst += 1;
    else {
      this.#burst = 1;
      this.#burstAt = now;
    }
  }

  /** A line was acked, and this many are still in flight. */
  acked(inFlight: number): void {
    this.#beforeFall = undefined;
    if (this.#proven) return;
    if (this.#size === 1 && this.#most > 1) {
      this.#acksToGrow -= 1;
      if (this.#acksToGrow === 0) this.#size = 2;
    } else if (inFlight === 0) {
      if (this.#size === this.#most) this.#proven = this.#burst > 1;
      else if (this.#burst >= this.#size) this.#size = Math.min(this.#most, 2 * this.#size);
    }
  }

  /** A line had to be repeated; one that went by itself was not lost because there were too many. */
  fall(): void {
    if (this.#size === 1 || this.#burst === 1) return;
    this.#beforeFall = { size: this.#size, proven: this.#proven, acksAfterFall: this.#acksAfterFall };
    this.#size = 1;
    this.#proven = false;
    this.#acksToGrow = this.#acksAfterFall;
    this.#acksAfterFall = Math.min(MOST_ACKS, 2 * this.#acksAfterFall);
  }

  /** The repeat was not needed: the peer had taken the lines. */
  restore(): void {
    this.#size = this.#most;
  }

  /** A repeat on a link that ends with no further ack was lost with the link, and says nothing about the peer. */
  linkEnded(): void {
    if (this.#beforeFall === undefined) return;
    this.#size = this.#beforeFall.size;
    this.#proven = this.#beforeFall.proven;
    this.#acksAfterFall = this.#beforeFall.acksAfterFall;
    this.#beforeFall = undefined;
  }
}
