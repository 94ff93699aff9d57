/**
 * The sender's half of a session: what is to be sent, in which order, and what to send again (PROTOCOL.md section 3,
 * The sender).
 *
 * Theory of operation: a line waits in one of three lanes, `express` (qos false), `free` (wait false) and `ordered`
 * (wait true), and gets its number when it is sent. A line that must be acked then stays in `pending`, which is in the
 * order of the numbers; `sent` holds the same lines in the order in which they went out, so its first is the next to be
 * repeated. A new link sends all that is pending again, in order, before anything new. On a live link the first repeat
 * goes alone: the other lines that are due, and all that would go behind them, wait until it is acked.
 */
import { encodeMessage, setMessageId } from '@iot/framing';
import { idOf, isKeeper, MAX_SPREAD } from './message-id.js';
import { RepeatTimer, type Copies } from './repeat-timer.js';
import { SendWindow } from './send-window.js';

export type Lane = 'express' | 'free' | 'ordered';

/** One written line on its way. */
export interface Outgoing {
  readonly ticket: number;
  readonly text: string;
  readonly lane: Lane;
  /** Its number among all messages sent, once it has been sent. */
  n: number | undefined;
  /** The bytes, the same every time. */
  frame: Uint8Array | undefined;
  /** Its copies on this link; undefined while there is none. */
  copies: Copies | undefined;
  /** The writer no longer waits for it: withdrawn, or `qos: false` and sent. */
  released: boolean;
  /** Links in a row that the peer ended while this line was the oldest unacked. */
  linksEnded: number;
}

export interface OutboxLimits {
  /** Milliseconds without an ack after which a line is sent again, unless it is known to be on its way. */
  readonly timeoutMs: number;
  /** qos lines sent and not yet acked, at most. */
  readonly maxInFlight: number;
  /** Bytes sent and not yet acked, at most; one longer line goes alone. */
  readonly maxInFlightBytes: number;
}

const LANES: readonly Lane[] = ['express', 'free', 'ordered'];

/** A repeat goes alone for this part of a timeout, unless acked before. */
const ALONE_TIMEOUTS = 1 / 2;

export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #lanes: Record<Lane, Map<number, Outgoing>> = {
    express: new Map(),
    free: new Map(),
    ordered: new Map(),
  };
  readonly #pending = new Map<number, Outgoing>();
  readonly #sent = new Map<number, Outgoing>();
  /** Lines that nobody repeats, counted against `maxInFlightBytes` until acked or given up. */
  readonly #unrepeated = new Map<number, Outgoing>();
  readonly #timer: RepeatTimer;
  readonly #window: SendWindow;
  #resend: Outgoing[] = [];
  /** The repeat whose ack the other lines that are due wait for. */
  #alone: Outgoing | undefined;
  /** Ids acked on this link after repeats, with the number of these: each further ack shows that one was not needed. */
  readonly #ackedRepeats = new Map<number, number>();
  #count = 0;
  #inFlight = 0;
  #inFlightBytes = 0;
  #orderedInFlight: Outgoing | undefined;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
    this.#timer = new RepeatTimer(limits.timeoutMs);
    this.#window = new SendWindow(limits.maxInFlight);
  }

  /** Lines that wait in a lane. */
  queued(lane: Lane): number {
    return this.#lanes[lane].size;
  }

  /** Lines sent that are repeated until acked. */
  get pending(): number {
    return this.#pending.size;
  }

  add(ticket: number, text: string, lane: Lane): void {
    this.#lanes[lane].set(ticket, {
      ticket,
      text,
      lane,
      n: undefined,
      frame: undefined,
      copies: undefined,
      released: false,
      linksEnded: 0,
    });
  }

  /** Nobody waits for this line any more. True when it had not been sent, and never will be. */
  withdraw(ticket: number): boolean {
    for (const lane of LANES) if (this.#lanes[lane].delete(ticket)) return true;
    for (const line of this.#pending.values()) {
      if (line.ticket !== ticket || line.released) continue;
      this.#leaveFlight(line);
      line.released = true;
      if (!isKeeper(idOf(line.n!))) this.#forget(line);
      return false;
    }
    return false;
  }

  /** The ack of `id` came; the line that it settles, if a writer waits for one. */
  acked(id: number, now: number): Outgoing | undefined {
    const unrepeated = this.#unrepeated.get(id);
    if (unrepeated !== undefined) this.#giveUp(unrepeated);
    const line = this.#pending.get(id);
    if (line === undefined) {
      this.#ackedAgain(id, now);
      return undefined;
    }
    this.#timer.acked(line, now);
    if (line.copies !== undefined) this.#ackedRepeats.set(id, line.copies.repeats);
    const waited = !line.released;
    if (waited) {
      this.#leaveFlight(line);
      this.#window.acked(this.#inFlight);
    }
    this.#forget(line);
    return waited ? line : undefined;
  }

  #ackedAgain(id: number, now: number): void {
    const repeats = this.#ackedRepeats.get(id) ?? 0;
    if (repeats === 0) return;
    this.#ackedRepeats.set(id, repeats - 1);
    this.#timer.ackedAgain(now);
    this.#window.restore();
  }

  /** All that is pending is to be sent again, in order. */
  linkOpened(): void {
    this.#resend = [...this.#pending.values()];
  }

  /** The oldest unacked line that was on this link. */
  linkEnded(): Outgoing | undefined {
    const oldest = [...this.#pending.values()].find((line) => line.copies !== undefined);
    for (const line of this.#pending.values()) line.copies = undefined;
    this.#sent.clear();
    this.#ackedRepeats.clear();
    this.#alone = undefined;
    this.#timer.linkEnded();
    this.#window.linkEnded();
    this.#resend = [];
    for (const line of this.#unrepeated.values()) this.#giveUp(line);
    return oldest;
  }

  /** When the next repeat is due, or bytes are given up. */
  nextRetransmit(): number {
    const due = first(this.#sent);
    const next = due === undefined ? Infinity : Math.max(this.#timer.dueAt(due), this.#aloneUntil);
    const unrepeated = first(this.#unrepeated);
    return unrepeated === undefined ? next : Math.min(next, this.#givenUpAt(unrepeated));
  }

  /** Until when nothing goes out but acks, since a line that is due waits for the ack of a repeat; else -Infinity. */
  heldUntil(now: number): number {
    const due = first(this.#sent);
    if (due === undefined || due === this.#alone || this.#timer.dueAt(due) > now) return -Infinity;
    return this.#aloneUntil;
  }

  /** The line to send now, if any; tell `markSent` once it is on its way. */
  peek(now: number): Outgoing | undefined {
    this.#giveUpDue(now);
    if (this.heldUntil(now) > now) return undefined;
    const line = this.#nextResend() ?? this.#nextRepeat(now) ?? this.#nextNew(now);
    if (line === undefined) return undefined;
    line.frame ??= encodeMessage(0, line.text);
    const tooMuch =
      this.#inFlightBytes > 0 && this.#inFlightBytes + line.frame.length > this.#limits.maxInFlightBytes;
    return line.n === undefined && tooMuch ? undefined : line;
  }

  /** The line goes out now; true when it is a repeat. */
  markSent(line: Outgoing, now: number): boolean {
    if (this.#resend[0] === line) this.#resend.shift();
    const repeat = line.n !== undefined;
    if (line.n === undefined) this.#number(line, now);
    const id = idOf(line.n!);
    if (line.copies !== undefined) this.#repeated(line);
    line.copies = this.#timer.sent(line.copies, now);
    if (this.#pending.has(id)) {
      this.#sent.delete(id);
      this.#sent.set(id, line);
    } else if (this.#limits.maxInFlightBytes < Infinity) {
      // Its id may have come round before the ack of the line that had it last.
      const last = this.#unrepeated.get(id);
      if (last !== undefined) this.#giveUp(last);
      this.#unrepeated.set(id, line);
      this.#inFlightBytes += line.frame!.length;
    }
    return repeat;
  }

  /** A line is about to be sent again on a live link. */
  #repeated(line: Outgoing): void {
    this.#alone ??= line;
    this.#window.fall();
  }

  get #aloneUntil(): number {
    return this.#alone === undefined
      ? -Infinity
      : this.#alone.copies!.lastAt + ALONE_TIMEOUTS * this.#limits.timeoutMs;
  }

  /** The first sending: the line leaves its lane and gets its number. */
  #number(line: Outgoing, now: number): void {
    this.#lanes[line.lane].delete(line.ticket);
    line.n = this.#count++;
    const id = idOf(line.n);
    setMessageId(line.frame!, id);
    this.#ackedRepeats.delete(id);
    if (line.lane === 'express') line.released = true;
    else {
      this.#window.sent(this.#inFlight, now);
      this.#inFlight += 1;
    }
    if (line.lane === 'ordered') this.#orderedInFlight = line;
    if (line.lane === 'express' && !isKeeper(id)) return;
    this.#pending.set(id, line);
    this.#inFlightBytes += line.frame!.length;
  }

  #nextResend(): Outgoing | undefined {
    for (;;) {
      const line = this.#resend[0];
      if (line === undefined || this.#pending.get(idOf(line.n!)) === line) return line;
      this.#resend.shift();
    }
  }

  #nextRepeat(now: number): Outgoing | undefined {
    const line = first(this.#sent);
    return line !== undefined && this.#timer.dueAt(line) <= now ? line : undefined;
  }

  #nextNew(now: number): Outgoing | undefined {
    // Nothing else is sent until id 0 is acked (PROTOCOL.md section 2).
    if (this.#pending.has(0)) return undefined;
    for (const oldest of this.#pending.values()) {
      if (this.#count - oldest.n! > MAX_SPREAD) return undefined;
      break;
    }
    const express = first(this.#lanes.express);
    if (express !== undefined) return express;
    if (!this.#window.allows(this.#inFlight, now)) return undefined;
    const free = first(this.#lanes.free);
    const ordered = this.#orderedInFlight === undefined ? first(this.#lanes.ordered) : undefined;
    const line = earlier(free, ordered);
    if (line === undefined || this.#inFlightBytes === 0) return line;
    // More than a slow link carries in a timeout would hold up acks and keepalives for longer.
    const bytes = this.#inFlightBytes + (line.frame ??= encodeMessage(0, line.text)).length;
    return bytes > this.#timer.bytesPerTimeout ? undefined : line;
  }

  #leaveFlight(line: Outgoing): void {
    this.#inFlight -= 1;
    if (this.#orderedInFlight === line) this.#orderedInFlight = undefined;
  }

  #forget(line: Outgoing): void {
    const id = idOf(line.n!);
    this.#pending.delete(id);
    this.#sent.delete(id);
    if (this.#alone === line) this.#alone = undefined;
    this.#inFlightBytes -= line.frame!.length;
  }

  #giveUp(line: Outgoing): void {
    this.#unrepeated.delete(idOf(line.n!));
    this.#inFlightBytes -= line.frame!.length;
  }

  #givenUpAt(line: Outgoing): number {
    return line.copies!.lastAt + this.#limits.timeoutMs;
  }

  #giveUpDue(now: number): void {
    for (const line of this.#unrepeated.values()) {
      if (this.#givenUpAt(line) > now) return;
      this.#giveUp(line);
    }
  }
}

function earlier(a: Outgoing | undefined, b: Outgoing | undefined): Outgoing | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.ticket < b.ticket ? a : b;
}

function first(lane: Map<number, Outgoing>): Outgoing | undefined {
  for (const line of lane.values()) return line;
  return undefined;
}
