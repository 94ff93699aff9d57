/**
 * The send window of version 1: how many lines may be in flight (sent and not acked). It follows what the peer has
 * shown that it accepts (PROTOCOL.md section 3, The sender).
 *
 * How it works: lines sent at one time are a burst. The first burst may have the largest size allowed. The next line is
 * sent only when the whole burst is acked: a peer that keeps one line and drops the others would otherwise get a later
 * line before the dropped ones are repeated. A burst of several lines that is acked as a whole proves that the peer
 * accepts bursts. From then on each ack permits one more line.
 *
 * When a line of a burst has to be repeated on a live link, the window falls to one line. It grows to two lines after a
 * number of acks, which doubles with each fall. Then it doubles with each burst of that size that is acked as a whole.
 */

/** Lines sent within this time, in ms, are one burst. */
const BURST_MS = 0.5;

/** Number of acks after which the window grows from one line, at first and at most. */
const FIRST_ACKS = 64;
const MOST_ACKS = 1024;

export class SendWindow {
  readonly #most: number;
  #size: number;
  #proven = false;
  /** Number of lines sent since no line was in flight, and when the first of them was sent. */
  #burst = 0;
  #burstAt = 0;
  #acksToGrow = 0;
  #acksAfterFall = FIRST_ACKS;
  /** The state before the last fall, until the next ack confirms the fall. */
  #beforeFall:
    { readonly size: number; readonly proven: boolean; readonly acksAfterFall: number } | undefined;

  /** @param most largest number of lines in flight, whatever the peer accepts */
  constructor(most: number) {
    this.#most = most;
    this.#size = most;
  }

  /** Whether one more line may be sent while this number of lines is in flight. */
  allows(inFlight: number, now: number): boolean {
    if (inFlight === 0) return true;
    if (inFlight >= this.#size) return false;
    return this.#proven || (this.#burst < this.#size && now - this.#burstAt <= BURST_MS);
  }

  /** A line is sent while this number of lines is in flight. */
  sent(inFlight: number, now: number): void {
    if (inFlight > 0) this.#burst += 1;
    else {
      this.#burst = 1;
      this.#burstAt = now;
    }
  }

  /** A line was acked. This number of lines is still in flight. */
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

  /**
   * A line had to be repeated. A line that was sent alone was not lost because there were too many lines, so it changes
   * nothing.
   */
  fall(): void {
    if (this.#size === 1 || this.#burst === 1) return;
    this.#beforeFall = { size: this.#size, proven: this.#proven, acksAfterFall: this.#acksAfterFall };
    this.#size = 1;
    this.#proven = false;
    this.#acksToGrow = this.#acksAfterFall;
    this.#acksAfterFall = Math.min(MOST_ACKS, 2 * this.#acksAfterFall);
  }

  /** The repeat was not needed: the peer had accepted the lines. */
  restore(): void {
    this.#size = this.#most;
  }

  /**
   * If the link ends without a further ack, the repeat was lost with the link. It says nothing about the peer, so the
   * fall is undone.
   */
  linkEnded(): void {
    if (this.#beforeFall === undefined) return;
    this.#size = this.#beforeFall.size;
    this.#proven = this.#beforeFall.proven;
    this.#acksAfterFall = this.#beforeFall.acksAfterFall;
    this.#beforeFall = undefined;
  }
}
