/**
 * The sender's half of version 1: in which order lines are sent, and which are sent again (PROTOCOL.md section 3, The
 * sender).
 *
 * How it works: a line gets its number, and so its message id, when it is sent. If it must be acked, it is then
 * pending, which means sent until acked. `#pending` has these lines in the order of their numbers. `#sent` has the ones
 * sent on this link in the order in which they were sent last, so its first line is the next to repeat. A new link
 * sends all pending lines again, in order, before anything new. On a live link the first repeat is sent alone: other
 * lines that are due, and everything that would follow them, wait for its ack for a limited time.
 *
 * With a journal a line gets its number as soon as it could be sent, and waits in `#numbered` until the entry with the
 * number is stored.
 */
import { encodeMessage, setMessageId } from '@iot/framing';
import type { Journal } from '../journal.js';
import type { Line, LineQueue } from '../line-queue.js';
import { OrderedQueue } from '../ordered-queue.js';
import { sentEntry } from '../shelf.js';
import { InFlight, type InFlightLimits } from './in-flight.js';
import { idOf, isKeeper, MAX_SPREAD } from './message-id.js';
import { RepeatTimer } from './repeat-timer.js';
import { SendWindow } from './send-window.js';
import { EARLIER, isSent, isUnsentUnsafe, NEVER, type NewLine, type SentLine } from './sent-line.js';

/** What a checkpoint stores of the sender's half. */
export interface StoredOutbox {
  /** Number of messages that have been numbered. */
  readonly count: number;
  readonly pending: readonly { readonly ticket: number; readonly n: number; readonly released: boolean }[];
}

export interface OutboxLimits extends InFlightLimits {
  /** Time in ms after which an unacked line is sent again, unless it is known to be on its way. */
  readonly timeout: number;
  /** Largest number of qos lines sent and not yet acked. */
  readonly maxInFlight: number;
}

/** Part of a timeout for which a repeat is sent alone, unless it is acked before. */
const ALONE_TIMEOUTS = 1 / 2;

export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #queue: LineQueue;
  readonly #journal: Journal | undefined;
  /** The pending lines by number. */
  readonly #pending = new OrderedQueue<SentLine>();
  /** Those of the pending lines that were sent on this link, by `turn`: in the order in which they were sent last. */
  readonly #sent = new OrderedQueue<SentLine>();
  /** The pending lines by message id. */
  readonly #byId: (SentLine | undefined)[] = [];
  readonly #inFlight: InFlight;
  readonly #timer: RepeatTimer;
  readonly #window: SendWindow;
  /** The next new line, encoded to know its size. */
  #encoded: NewLine | undefined;
  #resend: SentLine[] = [];
  /** Lines that have a number and were not sent yet. */
  #numbered: SentLine[] = [];
  /** The repeat for whose ack the other lines that are due wait. */
  #alone: SentLine | undefined;
  /**
   * Ids that were acked on this link after repeats, with the number of repeats. Each further ack of the id shows that
   * one repeat was not needed.
   */
  readonly #ackedRepeats = new Map<number, number>();
  #count = 0;
  #turns = 0;
  #countAtOpen = 0;

  constructor(limits: OutboxLimits, queue: LineQueue, journal: Journal | undefined) {
    this.#limits = limits;
    this.#queue = queue;
    this.#journal = journal;
    this.#inFlight = new InFlight(limits);
    this.#timer = new RepeatTimer(limits.timeout);
    this.#window = new SendWindow(limits.maxInFlight);
  }

  /** Number of pending lines: sent, and repeated until acked. */
  get pending(): number {
    return this.#pending.size;
  }

  /** True once a message was sent. */
  get hasSent(): boolean {
    return this.#count > 0;
  }

  /** The writer no longer waits for the line with this ticket, which was sent. */
  withdraw(ticket: number): void {
    for (const sent of this.#pending) {
      if (sent.line.ticket !== ticket || sent.released) continue;
      this.#inFlight.leave(sent);
      sent.released = true;
      if (!isKeeper(sent.id)) this.#forget(sent);
      return;
    }
  }

  /** Makes all lines no longer pending, so that none is repeated. Returns those that a writer waits for. */
  surrender(): Line[] {
    return this.#surrender(0);
  }

  /** The same for lines that were sent first on this link. Their numbers are given again. */
  unsend(): Line[] {
    const lines = this.#surrender(this.#countAtOpen);
    this.#count = this.#countAtOpen;
    return lines;
  }

  #surrender(from: number): Line[] {
    const lines = [...this.#pending].filter((sent) => sent.n >= from);
    // The writer of a `qos: false` line waits until it is sent.
    const unsafe = new Set([...this.#numbered, ...lines].filter(isUnsentUnsafe));
    this.#numbered = [];
    for (const sent of lines) {
      if (!sent.released) this.#inFlight.leave(sent);
      this.#forget(sent);
    }
    if (lines.length > 0) this.#journal?.wantCheckpoint();
    return [...unsafe, ...lines.filter((sent) => !sent.released)].map(({ line }) => line);
  }

  /** The message id of a line, if it is pending. */
  idOf(line: Line): number | undefined {
    return [...this.#pending].find((sent) => sent.line === line)?.id;
  }

  /** The ack of `id` has come. Returns the line, if a writer waits for its ack. */
  acked(id: number, now: number): Line | undefined {
    this.#inFlight.acked(id);
    const sent = this.#byId[id];
    if (sent === undefined) {
      this.#ackedAgain(id, now);
      return undefined;
    }
    this.#timer.acked(sent, now);
    const repeats = sent.copies?.repeats ?? 0;
    if (repeats > 0) this.#ackedRepeats.set(id, repeats);
    const waited = !sent.released;
    if (waited) {
      this.#inFlight.leave(sent);
      this.#window.acked(this.#inFlight.lines);
    }
    this.#forget(sent);
    // This is stored at once. The peer considers the ack received when no repeat comes within two timeouts. A repeat
    // that comes later, from the next process, would be taken for another line (PROTOCOL.md section 3, The receiver).
    this.#journal?.add({ kind: 'acked', version: 1, number: sent.n });
    return waited ? sent.line : undefined;
  }

  #ackedAgain(id: number, now: number): void {
    const repeats = this.#ackedRepeats.get(id) ?? 0;
    if (repeats === 0) return;
    this.#ackedRepeats.set(id, repeats - 1);
    this.#timer.ackedAgain(now);
    this.#window.restore();
  }

  /** A link begins: all pending lines are to be sent again, in order. */
  linkOpened(): void {
    this.#resend = [...this.#pending];
    this.#numbered = this.#numbered.filter((sent) => this.#byId[sent.id] !== sent);
    this.#countAtOpen = this.#count;
  }

  /** The link has ended. Returns the oldest unacked line that was sent on it. */
  linkEnded(): SentLine | undefined {
    const oldest = [...this.#pending].find((sent) => sent.copies !== undefined);
    for (const sent of this.#pending) sent.copies = undefined;
    this.#sent.clear();
    this.#ackedRepeats.clear();
    this.#alone = undefined;
    this.#timer.linkEnded();
    this.#window.linkEnded();
    this.#resend = [];
    this.#inFlight.linkEnded();
    return oldest;
  }

  /** When the next repeat is due, or the bytes of a line cease to count as in flight. */
  nextRetransmit(): number {
    const due = this.#sent.first;
    const next = due === undefined ? Infinity : Math.max(this.#timer.dueAt(due), this.#aloneUntil);
    return Math.min(next, this.#inFlight.givenUpAt);
  }

  /**
   * The time until which only acks are sent, because a line that is due waits for the ack of a repeat; otherwise
   * -Infinity.
   */
  heldUntil(now: number): number {
    const due = this.#sent.first;
    if (due === undefined || due === this.#alone || this.#timer.dueAt(due) > now) return -Infinity;
    return this.#aloneUntil;
  }

  /**
   * The line to send now; undefined when there is none. A `SentLine` that was sent before is a repeat. Call `markSent`
   * when the line is sent.
   */
  peek(now: number): NewLine | SentLine | undefined {
    this.#inFlight.giveUpDue(now);
    if (this.heldUntil(now) > now) return undefined;
    const again = this.#ifStored(this.#nextResend()) ?? this.#nextRepeat(now);
    if (again !== undefined) return again;
    if (this.#journal === undefined) return this.#nextEncoded(now);
    while (this.#mayNumber) {
      const line = this.#nextEncoded(now);
      if (line === undefined) break;
      this.#numbered.push(this.#number(line, now));
    }
    return this.#ifStored(this.#nextNumbered());
  }

  /** The line is sent now. Returns true when it is a repeat. */
  markSent(due: NewLine | SentLine, now: number): boolean {
    const repeat = isSent(due);
    const sent = 'n' in due ? due : this.#number(due, now);
    if (this.#resend[0] === sent) this.#resend.shift();
    if (this.#numbered[0] === sent) this.#numbered.shift();
    if (sent.copies !== undefined) this.#repeated(sent);
    sent.copies = this.#timer.sent(sent.copies, now);
    if (this.#byId[sent.id] === sent) {
      this.#sent.delete(sent.turn);
      sent.turn = this.#turns++;
      this.#sent.push(sent.turn, sent);
    } else this.#inFlight.addUnrepeated(sent);
    return repeat;
  }

  snapshot(): StoredOutbox {
    const pending = [...this.#pending].map(({ line, n, released }) => ({ ticket: line.ticket, n, released }));
    return { count: this.#count, pending };
  }

  /** The pending lines. */
  lines(): Line[] {
    return [...this.#pending].map(({ line }) => line);
  }

  /** A line had its number before the process died. The line is undefined when it only needs to be counted. */
  restore(n: number, line: Line | undefined, released = false): void {
    this.#count = n + 1;
    if (line === undefined) return;
    const frame = encodeMessage(0, line.text);
    const unsafe = line.lane === 'unsafe';
    this.#add({ line, frame, n, released: unsafe || released, place: 0, turn: EARLIER });
  }

  /** This number of messages had been numbered before the process died. */
  restoreCount(count: number): void {
    this.#count = count;
  }

  /** The message with this number was acked before the process died. */
  restoreAcked(n: number): void {
    const sent = this.#pending.get(n);
    if (sent === undefined) return;
    if (!sent.released) this.#inFlight.leave(sent);
    this.#forget(sent);
  }

  #encode(line: Line): NewLine {
    if (this.#encoded?.line !== line) this.#encoded = { line, frame: encodeMessage(0, line.text) };
    return this.#encoded;
  }

  /** A line is sent again on a live link. */
  #repeated(sent: SentLine): void {
    this.#alone ??= sent;
    this.#window.fall();
  }

  get #aloneUntil(): number {
    const copies = this.#alone?.copies;
    return copies === undefined ? -Infinity : copies.lastAt + ALONE_TIMEOUTS * this.#limits.timeout;
  }

  /** A line is to be sent for the first time: it leaves the queue and gets its number. */
  #number({ line, frame }: NewLine, now: number): SentLine {
    this.#queue.remove(line.ticket);
    this.#encoded = undefined;
    const n = this.#count++;
    const unsafe = line.lane === 'unsafe';
    if (!unsafe) this.#window.sent(this.#inFlight.lines, now);
    const { ticket, text } = line;
    if (unsafe && isKeeper(idOf(n))) {
      this.#journal?.add({ kind: 'out', ticket, line: text, qos: false, wait: false });
    }
    const place = this.#journal?.add(sentEntry(1, n, line)) ?? 0;
    return this.#add({ line, frame, n, released: unsafe, place, turn: NEVER });
  }

  #add({ line, frame, n, released, place, turn }: Omit<SentLine, 'id' | 'copies'>): SentLine {
    const id = idOf(n);
    // All fields are named, because an object copied by spread is slower, and one is made for each line.
    const sent: SentLine = { line, frame, n, id, turn, copies: undefined, released, place };
    setMessageId(frame, id);
    this.#ackedRepeats.delete(id);
    if (!released) this.#inFlight.enter(sent);
    if (line.lane === 'unsafe' && !isKeeper(id)) return sent;
    this.#pending.push(n, sent);
    this.#byId[id] = sent;
    this.#inFlight.add(sent);
    return sent;
  }

  /** The next line that may be sent for the first time, encoded. */
  #nextEncoded(now: number): NewLine | undefined {
    const line = this.#nextNew(now);
    if (line === undefined) return undefined;
    const encoded = this.#encode(line);
    return this.#inFlight.fits(encoded.frame.length) ? encoded : undefined;
  }

  /**
   * Whether another line may be numbered ahead. The bytes of a `qos: false` line count only when it is sent, so with a
   * limit of bytes nothing is numbered after one.
   */
  get #mayNumber(): boolean {
    return this.#limits.maxInFlightBytes === Infinity || this.#numbered.at(-1)?.line.lane !== 'unsafe';
  }

  #nextNumbered(): SentLine | undefined {
    for (;;) {
      const sent = this.#numbered[0];
      // A line that was withdrawn is no longer pending, and is skipped. A `qos: false` line is never pending, but must
      // be sent.
      if (sent === undefined || sent.line.lane === 'unsafe' || this.#byId[sent.id] === sent) return sent;
      this.#numbered.shift();
    }
  }

  #ifStored(sent: SentLine | undefined): SentLine | undefined {
    return this.#journal?.isStored(sent?.place ?? 0) === false ? undefined : sent;
  }

  #nextResend(): SentLine | undefined {
    for (;;) {
      const sent = this.#resend[0];
      if (sent === undefined || this.#byId[sent.id] === sent) return sent;
      this.#resend.shift();
    }
  }

  #nextRepeat(now: number): SentLine | undefined {
    const sent = this.#sent.first;
    return sent !== undefined && this.#timer.dueAt(sent) <= now ? sent : undefined;
  }

  #nextNew(now: number): Line | undefined {
    // Nothing else is sent until id 0 is acked (PROTOCOL.md section 2).
    if (this.#byId[0] !== undefined) return undefined;
    const oldest = this.#pending.first;
    if (oldest !== undefined && this.#count - oldest.n > MAX_SPREAD) return undefined;
    const unsafe = this.#queue.first('unsafe');
    if (unsafe !== undefined) return unsafe;
    if (!this.#window.allows(this.#inFlight.lines, now)) return undefined;
    const line = this.#queue.next(!this.#inFlight.hasOrdered);
    if (line === undefined || this.#inFlight.bytes === 0) return line;
    // More bytes than the link carries in a timeout would delay acks and keepalives for longer than that.
    const bytes = this.#inFlight.bytes + this.#encode(line).frame.length;
    return bytes > this.#timer.bytesPerTimeout ? undefined : line;
  }

  #forget(sent: SentLine): void {
    this.#pending.delete(sent.n);
    this.#byId[sent.id] = undefined;
    this.#sent.delete(sent.turn);
    if (this.#alone === sent) this.#alone = undefined;
    this.#inFlight.remove(sent);
  }
}
