/**
 * The sender's half of a session: what is to be sent, in which order, and what to send again (PROTOCOL.md section 3,
 * The sender).
 *
 * Theory of operation: a line waits in one of three lanes, `express` (qos false), `free` (wait false) and `ordered`
 * (wait true), and gets its number when it is sent. A line that must be acked then stays in `pending`, which is in the
 * order of the numbers; `sent` holds the same lines in the order in which they went out, so its first is the next to be
 * repeated. A new link sends all that is pending again, in order, before anything new.
 */
import { encodeMessage, setMessageId } from '@iot/framing';
import { idOf, isKeeper, MAX_SPREAD } from './message-id.js';

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
  /** When it last went out on this link; undefined while it has not. */
  sentAt: number | undefined;
  /** The writer no longer waits for it: withdrawn, or `qos: false` and sent. */
  released: boolean;
  /** Links in a row that the peer ended while this line was the oldest unacked. */
  linksEnded: number;
}

export interface OutboxLimits {
  /** Milliseconds without an ack after which a line is sent again. */
  readonly timeoutMs: number;
  /** qos lines sent and not yet acked, at most. */
  readonly maxInFlight: number;
  /** Bytes sent and not yet acked, at most; one longer line goes alone. */
  readonly maxInFlightBytes: number;
}

const LANES: readonly Lane[] = ['express', 'free', 'ordered'];

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
  #resend: Outgoing[] = [];
  #count = 0;
  #inFlight = 0;
  #inFlightBytes = 0;
  #orderedInFlight: Outgoing | undefined;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
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
      sentAt: undefined,
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
  acked(id: number): Outgoing | undefined {
    const unrepeated = this.#unrepeated.get(id);
    if (unrepeated !== undefined) this.#giveUp(unrepeated);
    const line = this.#pending.get(id);
    if (line === undefined) return undefined;
    const waited = !line.released;
    if (waited) this.#leaveFlight(line);
    this.#forget(line);
    return waited ? line : undefined;
  }

  /** All that is pending is to be sent again, in order. */
  linkOpened(): void {
    this.#resend = [...this.#pending.values()];
  }

  /** The oldest unacked line that was on this link. */
  linkEnded(): Outgoing | undefined {
    const oldest = [...this.#pending.values()].find((line) => line.sentAt !== undefined);
    for (const line of this.#pending.values()) line.sentAt = undefined;
    this.#sent.clear();
    this.#resend = [];
    for (const line of this.#unrepeated.values()) this.#giveUp(line);
    return oldest;
  }

  /** When the next repeat is due, or bytes are given up. */
  nextRetransmit(): number {
    let next = Infinity;
    for (const line of this.#sent.values()) {
      next = line.sentAt! + this.#limits.timeoutMs;
      break;
    }
    for (const line of this.#unrepeated.values())
      return Math.min(next, line.sentAt! + this.#limits.timeoutMs);
    return next;
  }

  /** The line to send now, if any; tell `markSent` once it is on its way. */
  peek(now: number): Outgoing | undefined {
    this.#giveUpDue(now);
    const line = this.#nextResend() ?? this.#nextRepeat(now) ?? this.#nextNew();
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
    if (line.n === undefined) this.#number(line);
    const id = idOf(line.n!);
    line.sentAt = now;
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

  /** The first sending: the line leaves its lane and gets its number. */
  #number(line: Outgoing): void {
    this.#lanes[line.lane].delete(line.ticket);
    line.n = this.#count++;
    const id = idOf(line.n);
    setMessageId(line.frame!, id);
    if (line.lane === 'express') line.released = true;
    else this.#inFlight += 1;
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
    for (const line of this.#sent.values())
      return line.sentAt! + this.#limits.timeoutMs <= now ? line : undefined;
    return undefined;
  }

  #nextNew(): Outgoing | undefined {
    // Nothing else is sent until id 0 is acked (PROTOCOL.md section 2).
    if (this.#pending.has(0)) return undefined;
    for (const oldest of this.#pending.values()) {
      if (this.#count - oldest.n! > MAX_SPREAD) return undefined;
      break;
    }
    const express = first(this.#lanes.express);
    if (express !== undefined) return express;
    if (this.#inFlight >= this.#limits.maxInFlight) return undefined;
    const free = first(this.#lanes.free);
    const ordered = this.#orderedInFlight === undefined ? first(this.#lanes.ordered) : undefined;
    if (free === undefined || ordered === undefined) return free ?? ordered;
    return free.ticket < ordered.ticket ? free : ordered;
  }

  #leaveFlight(line: Outgoing): void {
    this.#inFlight -= 1;
    if (this.#orderedInFlight === line) this.#orderedInFlight = undefined;
  }

  #forget(line: Outgoing): void {
    const id = idOf(line.n!);
    this.#pending.delete(id);
    this.#sent.delete(id);
    this.#inFlightBytes -= line.frame!.length;
  }

  #giveUp(line: Outgoing): void {
    this.#unrepeated.delete(idOf(line.n!));
    this.#inFlightBytes -= line.frame!.length;
  }

  #giveUpDue(now: number): void {
    for (const line of this.#unrepeated.values()) {
      if (line.sentAt! + this.#limits.timeoutMs > now) return;
      this.#giveUp(line);
    }
  }
}

function first(lane: Map<number, Outgoing>): Outgoing | undefined {
  for (const line of lane.values()) return line;
  return undefined;
}
