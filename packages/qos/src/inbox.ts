/**
 * Lines received that the application has not done with, and their acks (PROTOCOL.md section 3, The receiver).
 *
 * Theory of operation: up to the soft limit a line is acked as it comes. Beyond it the line is held, and its ack waits
 * until the reader has made space: the sender slows down and nothing is lost. Beyond the hard cap, twice the soft
 * limit, a line is refused: no ack and no record, so that a qos sender repeats it later (PROTOCOL.md section 3).
 *
 * With `ackWhen: 'read'` every line is held until the application reads it, and with `done` until it says that it has
 * done with it: what is still held is the sender's. A line that was read and is not done counts as one that is here.
 *
 * Where all sessions of a process share a limit, each inbox reports how much of it it uses.
 */
import type { Journal } from './journal.js';
import type { UnreadTotal } from './unread-total.js';

/** What a version of the wire keeps of an unread line. */
export interface Receipt {
  readonly version: 1 | 2;
  /** The line is not to be acked yet. */
  held: boolean;
  /** The place in the journal of what has to be stored before the ack goes out. */
  place: number;
}

export interface UnreadLine {
  readonly text: string;
  /** Size of the text in UTF-8. */
  readonly bytes: number;
  readonly receipt: Receipt;
  /** When it was received, ms since 1970. */
  readonly at: number;
  /** The place of its `in` entry in the journal; 0 where it has none. */
  readonly place: number;
  /** It was stored by an earlier process, which may have handed it over. */
  readonly redelivered: boolean;
}

export interface InboxLimits {
  /** Unread lines up to which acks go out at once. */
  readonly maxUnreadLines: number;
  /** The same in bytes of UTF-8. */
  readonly maxUnreadBytes: number;
  readonly ackWhen: 'received' | 'read' | 'done';
}

/** A line for the application, and the receipts that may now be acked since there is space. */
export interface Taken {
  readonly line: UnreadLine;
  readonly released: readonly Receipt[];
}

/** The hard cap is this many times the soft limit. */
const HARD = 2;

/** What a line takes of memory besides its text, about. */
const LINE_BYTES = 200;

const NONE: readonly Receipt[] = [];

export class Inbox {
  readonly #limits: InboxLimits;
  readonly #journal: Journal | undefined;
  /** Of all sessions together; undefined where that is not limited. */
  #total: UnreadTotal | undefined;
  /** What it counts for this inbox. */
  #counted = 0;
  readonly #lines: UnreadLine[] = [];
  #first = 0;
  #bytes = 0;
  /** How many of the unread lines, from the front, may be acked. */
  #released = 0;
  #releasedBytes = 0;
  /** Lines that were read and are not done, where acks or the journal wait for that; by the order of reading. */
  readonly #undone = new Set<UnreadLine>();

  constructor(limits: InboxLimits, journal: Journal | undefined, total: UnreadTotal | undefined) {
    this.#limits = limits;
    this.#journal = journal;
    this.#total = total;
  }

  /** There is too much unread in all sessions together, and this one is among the largest: it is to read nothing more. */
  get mustWait(): boolean {
    return this.#total?.isOver(this.#counted) ?? false;
  }

  /** The session is over: what it has not read counts no more. */
  leaveTotal(): void {
    this.#total?.changed(this.#counted, 0);
    this.#total = undefined;
  }

  /** Bytes of all lines that are here. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.unread + (this.#limits.ackWhen === 'done' ? this.#undone.size : 0);
  }

  /** Lines that were not read. */
  get unread(): number {
    return this.#lines.length - this.#first;
  }

  /** Lines that were not read, or are not done where that is noted. */
  get open(): number {
    return this.unread + this.#undone.size;
  }

  /** All lines that are not done, in the order in which they came. */
  lines(): UnreadLine[] {
    return [...this.#undone, ...this.#lines.slice(this.#first)].sort((a, b) => a.place - b.place);
  }

  /** Whether a line of this size is received at all; one always fits in an empty inbox. */
  hasSpace(bytes: number): boolean {
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
    this.#count();
    return this.#release();
  }

  /** The next line for the reader, if it is stored. Tell `done` when the application has done with it. */
  take(): Taken | undefined {
    const line = this.#lines[this.#first];
    if (line === undefined || this.#journal?.isStored(line.place) === false) return undefined;
    this.#first += 1;
    // What was read is not kept: at once when it was the last, and otherwise now and then.
    if (this.unread === 0 || (this.#first > 32 && this.#first * 2 > this.#lines.length)) {
      this.#lines.splice(0, this.#first);
      this.#first = 0;
    }
    const { ackWhen } = this.#limits;
    if (ackWhen === 'done' || this.#journal !== undefined) this.#undone.add(line);
    if (ackWhen === 'done') return { line, released: NONE };
    this.#bytes -= line.bytes;
    this.#count();
    if (ackWhen === 'read') return { line, released: [released(line.receipt)] };
    // The front line was released: one line is always within the limit.
    this.#released -= 1;
    this.#releasedBytes -= line.bytes;
    return { line, released: this.#release() };
  }

  /** The application has done with a line that it has taken; undefined when it had already. */
  done(line: UnreadLine): readonly Receipt[] | undefined {
    if (!this.#undone.delete(line)) return undefined;
    if (this.#limits.ackWhen !== 'done') return NONE;
    this.#bytes -= line.bytes;
    this.#count();
    return [released(line.receipt)];
  }

  #count(): void {
    if (this.#total === undefined) return;
    const before = this.#counted;
    this.#counted = this.#bytes + LINE_BYTES * this.size;
    this.#total.changed(before, this.#counted);
  }

  #release(): readonly Receipt[] {
    if (this.#limits.ackWhen !== 'received') return NONE;
    const receipts: Receipt[] = [];
    for (;;) {
      const line = this.#lines[this.#first + this.#released];
      if (line === undefined) return receipts;
      const within =
        this.#released < this.#limits.maxUnreadLines &&
        this.#releasedBytes + line.bytes <= this.#limits.maxUnreadBytes;
      if (!within && this.#released > 0) return receipts;
      this.#released += 1;
      this.#releasedBytes += line.bytes;
      receipts.push(released(line.receipt));
    }
  }
}

function released(receipt: Receipt): Receipt {
  receipt.held = false;
  return receipt;
}
