/**
 * The inbox: lines received that the application has not finished with, and when they may be acked (PROTOCOL.md section
 * 3, The receiver).
 *
 * How it works: up to the soft limit (`maxUnreadLines`, `maxUnreadBytes`) a line is acked when it comes. Beyond the
 * soft limit the line is held: it is accepted, but its ack waits until the application has read enough. The sender
 * slows down and nothing is lost. Beyond the hard cap, twice the soft limit, a line is refused: it is neither acked nor
 * recorded, so a qos sender repeats it later.
 *
 * With `ackWhen: 'read'` every line is held until the application reads it, with `'done'` until the application calls
 * `done`. If this process dies before that, the sender still has the line. With `'done'` a line that was read and is
 * not done still counts toward the limits.
 *
 * All sessions of a process may share one limit (`unread-total.ts`). Each inbox then reports how much it uses.
 */
import type { Journal } from './journal.js';
import type { UnreadTotal } from './unread-total.js';

/** What a dialect (a version of the wire) keeps about a received line. */
export interface Receipt {
  readonly version: 1 | 2;
  /** True while the line must not be acked. */
  held: boolean;
  /** The place of the journal entry that must be stored before the ack is sent. */
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
  /** True when an earlier process stored it, and may have delivered it. */
  readonly redelivered: boolean;
}

export interface InboxLimits {
  /** Number of unread lines up to which acks are sent at once. */
  readonly maxUnreadLines: number;
  /** The same limit in bytes of UTF-8. */
  readonly maxUnreadBytes: number;
  readonly ackWhen: 'received' | 'read' | 'done';
}

/** A line for the application, and the receipts that may be acked now. */
export interface Taken {
  readonly line: UnreadLine;
  readonly released: readonly Receipt[];
}

/** The hard cap is this many times the soft limit. */
const HARD = 2;

/** About how many bytes a line takes in memory besides its text. */
const LINE_BYTES = 200;

const NONE: readonly Receipt[] = [];

export class Inbox {
  readonly #limits: InboxLimits;
  readonly #journal: Journal | undefined;
  /** The limit shared by all sessions; undefined when there is none. */
  #total: UnreadTotal | undefined;
  /** The bytes that `#total` counts for this inbox. */
  #counted = 0;
  readonly #lines: UnreadLine[] = [];
  #first = 0;
  #bytes = 0;
  /** How many unread lines, counted from the oldest, may be acked. */
  #released = 0;
  #releasedBytes = 0;
  /**
   * Lines that were read and are not done, in the order of reading; kept only when acks or the journal wait for `done`.
   */
  readonly #undone = new Set<UnreadLine>();

  constructor(limits: InboxLimits, journal: Journal | undefined, total: UnreadTotal | undefined) {
    this.#limits = limits;
    this.#journal = journal;
    this.#total = total;
  }

  /**
   * True when the unread lines of all sessions together exceed their limit and this session is among the largest: it
   * must read nothing more from its link.
   */
  get mustWait(): boolean {
    return this.#total?.isOver(this.#counted) ?? false;
  }

  /** The session is over: its unread lines no longer count in `#total`. */
  leaveTotal(): void {
    this.#total?.changed(this.#counted, 0);
    this.#total = undefined;
  }

  /** Size in UTF-8 of all lines that count toward the limits. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.unread + (this.#limits.ackWhen === 'done' ? this.#undone.size : 0);
  }

  /** Number of lines not yet read. */
  get unread(): number {
    return this.#lines.length - this.#first;
  }

  /** Number of lines not yet read, and of lines read and not done. */
  get open(): number {
    return this.unread + this.#undone.size;
  }

  /** All lines that are not done, in the order in which they were received. */
  lines(): UnreadLine[] {
    return [...this.#undone, ...this.#lines.slice(this.#first)].sort((a, b) => a.place - b.place);
  }

  /** Whether a line of this size is accepted. An empty inbox accepts any line. */
  hasSpace(bytes: number): boolean {
    if (this.size === 0) return true;
    return (
      this.size < HARD * this.#limits.maxUnreadLines &&
      this.#bytes + bytes <= HARD * this.#limits.maxUnreadBytes
    );
  }

  /** Adds a line. Returns the receipts that may be acked now: that of this line, or none while it is held. */
  push(line: UnreadLine): readonly Receipt[] {
    this.#lines.push(line);
    this.#bytes += line.bytes;
    this.#count();
    return this.#release();
  }

  /**
   * Takes the next line for the application, if the line is stored. Call `done` when the application has finished with
   * it.
   */
  take(): Taken | undefined {
    const line = this.#lines[this.#first];
    if (line === undefined || this.#journal?.isStored(line.place) === false) return undefined;
    this.#first += 1;
    // Lines that were read are removed from the array: at once after the last line, otherwise from time to time.
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
    // The line at the front is always released, because one line is always within the limit.
    this.#released -= 1;
    this.#releasedBytes -= line.bytes;
    return { line, released: this.#release() };
  }

  /**
   * The application has finished with a line that it has taken. Returns the receipts that may be acked now; undefined
   * when `done` was called before.
   */
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
