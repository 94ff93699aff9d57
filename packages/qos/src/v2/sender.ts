/**
 * The sender's half of version 2 (PROTOCOL-2.md sections 2 and 3).
 *
 * How it works: a line gets its number when it is first sent, one more for each line within the epoch. Then it is
 * pending: it is kept until the peer has taken it, which settles its write. On a live link nothing is sent twice. On a
 * new link, sending continues after the last message that the peer has received. The peer's window limits the bytes in
 * flight.
 */
import { utf8Length, type Opening, type Standing } from '@iot/framing';
import type { Journal } from '../journal.js';
import type { Line, LineQueue } from '../line-queue.js';
import { OrderedQueue } from '../ordered-queue.js';
import { sentEntry } from '../shelf.js';

interface SentLine {
  readonly line: Line;
  readonly n: number;
  /** Size of the text in UTF-8. */
  readonly bytes: number;
  /** True when no writer waits for it. */
  released: boolean;
  /** The place in the log of the entry with its number. */
  readonly place: number;
}

/** What a checkpoint stores of the sender's half. The pending lines have the numbers after `base`. */
export interface StoredSender {
  readonly epoch: string;
  readonly base: number;
  readonly pending: readonly { readonly ticket: number; readonly released: boolean }[];
}

/** A message to send. `repeat` is true when it was sent before. */
export interface Outgoing {
  readonly n: number;
  readonly text: string;
  readonly repeat: boolean;
}

export class Sender {
  readonly #queue: LineQueue;
  readonly #drawEpoch: () => string;
  readonly #journal: Journal | undefined;
  /** The pending lines, by number. */
  readonly #pending = new OrderedQueue<SentLine>();
  #epoch: string;
  /** All messages up to this number are settled. */
  #base = 0;
  /** The highest number given to a line. */
  #numbered = 0;
  /** The highest number that the peer has received, as it has said on this link, or that is settled. */
  #received = 0;
  /** The number of the next message to send on this link, and the highest number that was sent on any link. */
  #next = 1;
  #highest = 0;
  /**
   * The peer's window: the bytes that it accepts beyond `#received`; how many of them are in flight; and what a line
   * costs.
   */
  #window = 0;
  #underWay = 0;
  #lineCost = 0;
  #longest = 0;

  constructor(queue: LineQueue, drawEpoch: () => string, journal: Journal | undefined) {
    this.#queue = queue;
    this.#journal = journal;
    this.#drawEpoch = drawEpoch;
    this.#epoch = drawEpoch();
  }

  get epoch(): string {
    return this.#epoch;
  }

  get base(): number {
    return this.#base;
  }

  /** Number of messages sent that are not settled. */
  get pending(): number {
    return this.#pending.size;
  }

  /** The highest number that was sent on this link, or that the peer already has. */
  get sent(): number {
    return this.#next - 1;
  }

  /**
   * The peer's opening line has come. Returns the lines that it settles. Returns `impossible` when the peer has
   * messages that this end has not numbered: its record is of another process with this epoch, such as a clone, or this
   * end was restored from a backup. Then this end has drawn a new epoch, and the link must end.
   */
  met(opening: Opening): readonly Line[] | 'impossible' {
    const known = opening.known === this.#epoch;
    if (known && Math.max(opening.taken, opening.received) > this.#numbered) {
      this.renumber(this.#drawEpoch());
      return 'impossible';
    }
    this.#lineCost = opening.lineCost;
    this.#longest = opening.longest;
    this.#window = opening.window;
    const settled = known ? this.#settle(opening.taken) : [];
    this.#received = known ? Math.max(opening.received, this.#base) : this.#base;
    this.#next = this.#received + 1;
    this.#underWay = 0;
    return settled;
  }

  /** An ack has come. Returns the lines that it settles, or `impossible` when its numbers cannot be right. */
  acked({ taken, received, window }: Standing): readonly Line[] | 'impossible' {
    if (taken > received || received < this.#received || received > this.#numbered) return 'impossible';
    for (let n = this.#received + 1; n <= Math.min(received, this.sent); n++) {
      const sent = this.#pending.get(n);
      if (sent !== undefined) this.#underWay -= this.#cost(sent.bytes);
    }
    this.#received = received;
    // The peer may have received messages on an earlier link, although its opening line named another epoch.
    this.#next = Math.max(this.#next, received + 1);
    this.#window = window;
    return this.#settle(taken);
  }

  /** With a journal: numbers the lines that fit into the peer's window. They are sent once these numbers are stored. */
  numberAhead(): void {
    if (this.#journal === undefined) return;
    let cost = this.#underWay;
    for (let n = this.#next; n <= this.#numbered; n++) cost += this.#cost(this.#pending.get(n)?.bytes ?? 0);
    for (let line = this.#queue.next(); line !== undefined; line = this.#queue.next()) {
      const bytes = utf8Length(line.text);
      cost += this.#cost(bytes);
      if (cost > this.#window) return;
      this.#number(line, this.#numbered + 1, bytes);
    }
  }

  /** The next message to send now, if the peer has space for it. */
  take(): Outgoing | undefined {
    const again = this.#pending.get(this.#next);
    if (this.#journal?.isStored(again?.place ?? Infinity) === false) return undefined;
    const line = again?.line ?? this.#queue.next();
    if (line === undefined) return undefined;
    const bytes = again?.bytes ?? utf8Length(line.text);
    const cost = this.#cost(bytes);
    if (this.#underWay + cost > this.#window) return undefined;
    const n = this.#next++;
    this.#underWay += cost;
    if (again === undefined) this.#number(line, n, bytes);
    const repeat = n <= this.#highest;
    this.#highest = Math.max(this.#highest, n);
    return { n, text: line.text, repeat };
  }

  /**
   * The writer no longer waits for this line; it is sent until it is taken all the same. False when it is not pending.
   */
  withdraw(ticket: number): boolean {
    const sent = this.#find(ticket);
    if (sent !== undefined) sent.released = true;
    return sent !== undefined;
  }

  /** The oldest line that was sent on this link and that the peer has not received. */
  get suspect(): Line | undefined {
    const n = this.#received + 1;
    return n < this.#next ? this.#pending.get(n)?.line : undefined;
  }

  linkEnded(): void {
    this.#window = 0;
    this.#next = this.#received + 1;
  }

  /** The pending lines that a writer waits for. */
  lines(): Line[] {
    return [...this.#pending].filter((sent) => !sent.released).map(({ line }) => line);
  }

  /** All pending lines, also those that no writer waits for. */
  all(): Line[] {
    return [...this.#pending].map(({ line }) => line);
  }

  has({ ticket }: Line): boolean {
    return this.#find(ticket) !== undefined;
  }

  snapshot(): StoredSender {
    const pending = [...this.#pending].map(({ line, released }) => ({ ticket: line.ticket, released }));
    return { epoch: this.#epoch, base: this.#base, pending };
  }

  restore({ epoch, base, pending }: StoredSender, lines: ReadonlyMap<number, Line>): void {
    this.#epoch = epoch;
    this.#base = this.#numbered = this.#received = base;
    this.#next = base + 1;
    for (const { ticket, released } of pending)
      this.restoreLine(this.#numbered + 1, lines.get(ticket)!, released);
  }

  /** A line had its number before the process died, and may have been sent. */
  restoreLine(n: number, line: Line, released = false): void {
    this.#numbered = this.#highest = n;
    this.#pending.push(n, { line, n, bytes: utf8Length(line.text), released, place: 0 });
  }

  /** The peer had taken all messages up to this one before the process died. Returns the lines that this settles. */
  restoreTaken(taken: number): readonly Line[] {
    this.#received = Math.max(this.#received, taken);
    this.#next = this.#received + 1;
    return this.#settle(taken);
  }

  /** Makes all lines no longer pending: version 1 sends them. Their numbers count as settled. */
  surrender(): void {
    if (this.#pending.size > 0) this.#journal?.wantCheckpoint();
    this.#pending.clear();
    this.#base = this.#numbered;
    this.#received = this.#numbered;
    this.#next = this.#numbered + 1;
  }

  #cost(bytes: number): number {
    return Math.min(bytes, this.#longest) + this.#lineCost;
  }

  #number(line: Line, n: number, bytes: number): void {
    this.#queue.remove(line.ticket);
    const place = this.#journal?.add(sentEntry(2, n, line)) ?? 0;
    const sent: SentLine = { line, n, bytes, released: false, place };
    this.#numbered = n;
    this.#pending.push(n, sent);
  }

  #find(ticket: number): SentLine | undefined {
    for (const sent of this.#pending) if (sent.line.ticket === ticket) return sent;
    return undefined;
  }

  #settle(taken: number): readonly Line[] {
    const settled: Line[] = [];
    for (let n = this.#base + 1; n <= taken; n++) {
      const sent = this.#pending.get(n);
      if (sent === undefined) continue;
      this.#pending.delete(n);
      if (!sent.released) settled.push(sent.line);
    }
    if (taken > this.#base) {
      this.#base = taken;
      this.#journal?.addLater({ kind: 'acked', version: 2, number: taken });
    }
    return settled;
  }

  /** This end continues under a new epoch: the pending lines are numbered from 1. */
  renumber(epoch: string): void {
    const lines = [...this.#pending];
    const place = this.#journal?.add({ kind: 'renumbered', epoch }) ?? 0;
    this.#pending.clear();
    this.#epoch = epoch;
    this.#base = 0;
    this.#received = 0;
    this.#highest = 0;
    this.#next = 1;
    this.#numbered = 0;
    for (const { line, bytes, released } of lines) {
      const sent = { line, n: ++this.#numbered, bytes, released, place };
      this.#pending.push(sent.n, sent);
    }
  }
}
