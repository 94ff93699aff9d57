/**
 * When a line that is not acked is to be sent again on a live link (PROTOCOL.md section 3, The sender).
 *
 * Theory of operation: TCP loses nothing, so a line lacks its ack because the peer refused it or because it is still on
 * its way. The peer takes lines in the order in which they were sent. While acks of lines sent before it come, a line has
 * not arrived, and its time begins again with each of them; the ack of a line sent after it shows that the peer has
 * passed it over, and its time is that since its sending. A long line is given the time that long lines have taken.
 *
 * A repeat must not be put off for long: a receiver that hears none for `2 × timeout` after its ack (`3 × timeout` once
 * a repeat or a long line has come) takes the ack for received, and after `3 × timeout` of quiet drops a line that it had
 * refused.
 */

/** The copies of one line on one link. */
export interface Copies {
  readonly firstAt: number;
  readonly firstPlace: number;
  /** When the last one went out. */
  readonly lastAt: number;
  /** Its position among all that was sent on the link. */
  readonly lastPlace: number;
  readonly repeats: number;
}

interface SentLine {
  readonly frame: Uint8Array | undefined;
  readonly copies: Copies | undefined;
}

/** A line that has been repeated waits this much longer, and no line more, but for a long one. */
const BACK_OFF = 1.5;
/** No line waits for more timeouts than these: a receiver drops a refused one after three. */
const MOST_TIMEOUTS = 2.5;
/** The time of shorter lines is that of the round trip. */
export const LONG_LINE_BYTES = 1400;
/** What may be under way while the rate of the link is not known: more than a burst of short lines. */
const UNMEASURED_BYTES = 64 * 1024;
/** Weight of the newest line in the rate. */
const GAIN = 1 / 4;

export class RepeatTimer {
  readonly #timeoutMs: number;
  #places = 0;
  #ackedPlace = -1;
  #ackedAt = -Infinity;
  /** When the peer is known to have read a message: a repeat that was not needed is acked as it comes. */
  #arrivedAt = -Infinity;
  #msPerByte: number | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** A line goes out, for the first time on this link or again. */
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
    // An ack that comes sooner than the last copy can have arrived is that of the first.
    const ofFirst = copies.repeats > 0 && now - copies.lastAt < this.#transitMs(line);
    this.#ackedPlace = Math.max(this.#ackedPlace, ofFirst ? copies.firstPlace : copies.lastPlace);
    const bytes = line.frame?.length ?? 0;
    const msPerByte = (now - Math.max(copies.firstAt, this.#ackedAt)) / bytes;
    // A short line that was sent when nothing was on its way shows the round trip: the link is not slower than that.
    if (bytes >= LONG_LINE_BYTES || copies.firstAt < this.#ackedAt || msPerByte < (this.#msPerByte ?? 0))
      this.#measure(msPerByte);
    this.#ackedAt = now;
  }

  /** A line that had been acked is acked again: its repeat was on its way until now, and what was sent after it is. */
  ackedAgain(now: number): void {
    this.#ackedAt = now;
    this.#arrivedAt = now;
  }

  linkEnded(): void {
    this.#ackedPlace = -1;
    this.#ackedAt = -Infinity;
    this.#arrivedAt = -Infinity;
  }

  /** How many bytes the link carries in a timeout, as far as is known. */
  get bytesPerTimeout(): number {
    return this.#msPerByte === undefined ? UNMEASURED_BYTES : this.#timeoutMs / this.#msPerByte;
  }

  /** When the line is to be repeated unless acked. */
  dueAt(line: SentLine): number {
    const { lastAt, lastPlace, repeats } = line.copies!;
    const since = lastPlace > this.#ackedPlace ? Math.max(lastAt, this.#ackedAt) : lastAt;
    const timeoutMs = this.#timeoutMs;
    const transitMs = this.#transitMs(line);
    const waitMs = timeoutMs * (repeats === 0 ? 1 : BACK_OFF) + transitMs;
    const mostMs = Math.max(BACK_OFF * timeoutMs, Math.min(timeoutMs + transitMs, MOST_TIMEOUTS * timeoutMs));
    return Math.min(since + waitMs, Math.max(lastAt, this.#arrivedAt) + mostMs);
  }

  /** How long a long line takes on its way; Infinity while the rate of the link is not known. */
  #transitMs({ frame }: SentLine): number {
    const bytes = frame?.length ?? 0;
    return bytes < LONG_LINE_BYTES ? 0 : bytes * (this.#msPerByte ?? Infinity);
  }

  #measure(msPerByte: number): void {
    this.#msPerByte ??= msPerByte;
    this.#msPerByte += GAIN * (msPerByte - this.#msPerByte);
  }
}
