/**
 * Lines received and not yet read by the application, and their acks (DESIGN.md, "Received is not acked").
 *
 * Theory of operation: up to the soft limit a line is acked as it comes. Beyond it the line is held, and its ack waits
 * until the reader has made room: the sender slows down and nothing is lost. Beyond the hard cap, twice the soft
 * limit, a line is refused: no ack and no record, so that a qos sender repeats it later (PROTOCOL.md section 3).
 *
 * With `ackWhen: 'read'` every line is held until the application reads it: what nobody has read is the sender's still.
 */

/** What a version of the wire keeps of an unread line. */
export interface Receipt {
  readonly version: 1 | 2;
  /** The line is not to be acked yet. */
  held: boolean;
}

export interface UnreadLine {
  readonly text: string;
  /** Size of the text in UTF-8. */
  readonly bytes: number;
  readonly receipt: Receipt;
}

export interface InboxLimits {
  /** Unread lines up to which acks go out at once. */
  readonly maxUnreadLines: number;
  /** The same in bytes of UTF-8. */
  readonly maxUnreadBytes: number;
  readonly ackWhen: 'received' | 'read';
}

/** The hard cap is this many times the soft limit. */
const HARD = 2;

export class Inbox {
  readonly #limits: InboxLimits;
  readonly #lines: UnreadLine[] = [];
  #first = 0;
  #bytes = 0;
  /** How many of the unread lines, from the front, may be acked. */
  #released = 0;
  #releasedBytes = 0;

  constructor(limits: InboxLimits) {
    this.#limits = limits;
  }

  /** Bytes of all unread lines. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#lines.length - this.#first;
  }

  /** Whether a line of this size is received at all; one always fits in an empty inbox. */
  hasRoom(bytes: number): boolean {
    if (this.size === 0) return true;
    return (
      this.size < HARD * this.#limits.maxUnreadLines &&
      this.#bytes + bytes <= HARD * this.#limits.maxUnreadBytes
    );
  }

  /** Takes a line in; the receipts returned may now be acked: its own, or none while it is held. */
  push(line: UnreadLine): readonly Receipt[] {
    this.#lines.push(line);
    this.#bytes += line.bytes;
    return this.#release();
  }

  /** The next line for the reader, and the receipts that may now be acked since there is room for them. */
  take(): { readonly text: string; readonly released: readonly Receipt[] } | undefined {
    const line = this.#lines[this.#first];
    if (line === undefined) return undefined;
    this.#first += 1;
    this.#bytes -= line.bytes;
    // What was read is not kept: at once when it was the last, and otherwise now and then.
    if (this.size === 0 || (this.#first > 32 && this.#first * 2 > this.#lines.length)) {
      this.#lines.splice(0, this.#first);
      this.#first = 0;
    }
    if (this.#limits.ackWhen === 'read') {
      line.receipt.held = false;
      return { text: line.text, released: [line.receipt] };
    }
    // The front line was released: one line is always within the limit.
    this.#released -= 1;
    this.#releasedBytes -= line.bytes;
    return { text: line.text, released: this.#release() };
  }

  #release(): readonly Receipt[] {
    const released: Receipt[] = [];
    if (this.#limits.ackWhen === 'read') return released;
    for (;;) {
      const line = this.#lines[this.#first + this.#released];
      if (line === undefined) return released;
      const within =
        this.#released < this.#limits.maxUnreadLines &&
        this.#releasedBytes + line.bytes <= this.#limits.maxUnreadBytes;
      if (!within && this.#released > 0) return released;
      this.#released += 1;
      this.#releasedBytes += line.bytes;
      line.receipt.held = false;
      released.push(line.receipt);
    }
  }
}
