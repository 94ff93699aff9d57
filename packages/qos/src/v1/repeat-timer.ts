/**
 * Decides when an unacked line of version 1 is sent again on a live link (PROTOCOL.md section 3, The sender).
 *
 * How it works: TCP loses nothing. So a line without an ack was refused by the peer, or has not reached it yet. The
 * peer accepts lines in the order in which they were sent. While acks of lines sent before it keep coming, a line has
 * not reached the peer, and its time starts again with each of these acks. An ack of a line sent after it shows that
 * the peer has refused it, and its time counts from its own sending. A long line gets additional time: as long as long
 * lines have recently taken.
 *
 * A repeat must not be delayed for long. A receiver that sees no repeat for `2 × timeout` after its ack (`3 × timeout`
 * once a repeat or a long line has come) concludes that the ack has arrived. After `3 × timeout` without messages it
 * drops a line that it had refused.
 */

/** How often, when and in which position one line was sent on the current link. */
export interface Copies {
  readonly firstAt: number;
  readonly firstPlace: number;
  /** When the last copy was sent. */
  readonly lastAt: number;
  /** The position of the last copy among all lines sent on the link. */
  readonly lastPlace: number;
  readonly repeats: number;
}

interface SentLine {
  readonly frame: Uint8Array | undefined;
  readonly copies: Copies | undefined;
}

/** After a repeat a line waits this many timeouts for its ack. No line waits longer, except a long one. */
const BACK_OFF = 1.5;
/** No line waits for more timeouts than this: a receiver drops a refused line after three. */
const MOST_TIMEOUTS = 2.5;
/**
 * Lines from this size on are long, in bytes with id and newline. A shorter line takes no longer than the round trip.
 */
export const LONG_LINE_BYTES = 1400;
/** Bytes that may be in flight while the rate of the link is not known: more than a burst of short lines. */
const UNMEASURED_BYTES = 64 * 1024;
/** Weight of the newest measurement in the mean rate. */
const GAIN = 1 / 4;

export class RepeatTimer {
  readonly #timeoutMs: number;
  #places = 0;
  #ackedPlace = -1;
  #ackedAt = -Infinity;
  /** When the peer is known to have read a message that was repeated without need: it acks it again at once. */
  #arrivedAt = -Infinity;
  #msPerByte: number | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** A line is sent, for the first time on this link or again. */
  sent(copies: Copies | undefined, now: number): Copies {
    const place = this.#places++;
    return {
      firstAt: copies?.firstAt ?? now,
      firstPlace: copies?.firstPlace ?? place,
      lastAt: now,
      lastPlace: place,
      repeats: copies === undefined ? 0 : copies.repeats + 1,
    };
  }

  acked(line: SentLine, now: number): void {
    const { copies } = line;
    if (copies === undefined) return;
    // If the ack comes before the last copy can have arrived, it is the ack of the first copy.
    const ofFirst = copies.repeats > 0 && now - copies.lastAt < this.#transitMs(line);
    this.#ackedPlace = Math.max(this.#ackedPlace, ofFirst ? copies.firstPlace : copies.lastPlace);
    const bytes = line.frame?.length ?? 0;
    const msPerByte = (now - Math.max(copies.firstAt, this.#ackedAt)) / bytes;
    // If a short line was sent while nothing else was in flight, its time is the round trip. Then it can only raise the
    // rate: the link is not slower than that.
    if (bytes >= LONG_LINE_BYTES || copies.firstAt < this.#ackedAt || msPerByte < (this.#msPerByte ?? 0))
      this.#measure(msPerByte);
    this.#ackedAt = now;
  }

  /**
   * A line that was acked before is acked again. Its repeat has only now been read by the peer, so what was sent after
   * the repeat is still on its way.
   */
  ackedAgain(now: number): void {
    this.#ackedAt = now;
    this.#arrivedAt = now;
  }

  linkEnded(): void {
    this.#ackedPlace = -1;
    this.#ackedAt = -Infinity;
    this.#arrivedAt = -Infinity;
  }

  /** Number of bytes that the link carries in one timeout, as far as is known. */
  get bytesPerTimeout(): number {
    return this.#msPerByte === undefined ? UNMEASURED_BYTES : this.#timeoutMs / this.#msPerByte;
  }

  /** When the line is sent again unless it is acked before. */
  dueAt(line: SentLine): number {
    const { lastAt, lastPlace, repeats } = line.copies!;
    const since = lastPlace > this.#ackedPlace ? Math.max(lastAt, this.#ackedAt) : lastAt;
    const timeoutMs = this.#timeoutMs;
    const transitMs = this.#transitMs(line);
    const waitMs = timeoutMs * (repeats === 0 ? 1 : BACK_OFF) + transitMs;
    const mostMs = Math.max(BACK_OFF * timeoutMs, Math.min(timeoutMs + transitMs, MOST_TIMEOUTS * timeoutMs));
    return Math.min(since + waitMs, Math.max(lastAt, this.#arrivedAt) + mostMs);
  }

  /**
   * How long a long line takes to arrive, in ms; Infinity while the rate of the link is not known. 0 for a short line.
   */
  #transitMs({ frame }: SentLine): number {
    const bytes = frame?.length ?? 0;
    return bytes < LONG_LINE_BYTES ? 0 : bytes * (this.#msPerByte ?? Infinity);
  }

  #measure(msPerByte: number): void {
    this.#msPerByte ??= msPerByte;
    this.#msPerByte += GAIN * (msPerByte - this.#msPerByte);
  }
}
