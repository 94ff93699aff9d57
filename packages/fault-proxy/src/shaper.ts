/**
 * The queue of one direction of a link, which delays, merges, limits and splits bytes. It is a state machine
 * without sockets or timers: calls take the time `now`, and `wakeAt` returns the time of the next call.
 *
 * How it works. Each event of the source becomes an entry: a chunk, an end (FIN) or a reset. Entries leave in
 * order of arrival, and not before their time `due`. Only the head of the queue is examined, so no fault can
 * change the order. A merge keeps the last entry open for more bytes until its time is over. A limit cuts the
 * leaving bytes into pieces (the bytes of one slice of time), and a split into single bytes. In a limited
 * direction, nothing leaves after a piece until the rate allows it (`#freeAt`). Without faults an entry
 * leaves at once.
 */
import { BOUNDS } from './bounds.js';
import { PLAIN, type Shape } from './shape.js';
import type { ShapingTally } from './stats.js';

/** How a source ends. */
export type End = 'fin' | 'reset';

interface Chunk {
  readonly type: 'bytes';
  /** The chunks of this entry: more than one after a merge. */
  parts: Buffer[];
  bytes: number;
  due: number;
  /** A merge may add bytes until this time, which is never later than `due`. */
  openUntil: number;
}

type Entry = Chunk | { readonly type: End; due: number };

export class Shaper {
  readonly #tally: ShapingTally;
  readonly #random: () => number;
  #shape: Shape = PLAIN;
  #entries: Entry[] = [];
  #queuedBytes = 0;
  #freeAt = 0;
  #rateWaited = false;

  /** `random`: from 0 up to, but not including, 1. */
  constructor(tally: ShapingTally, random: () => number) {
    this.#tally = tally;
    this.#random = random;
  }

  get shape(): Shape {
    return this.#shape;
  }

  /** When a delay or a merge is turned off, everything that waits because of it may leave at once. */
  set shape(shape: Shape) {
    const before = this.#shape;
    this.#shape = shape;
    if (wentOff(before.delay, shape.delay) || wentOff(before.merge, shape.merge)) this.#hurry();
    if (before.limit === shape.limit) return;
    this.#freeAt = 0;
    this.#rateWaited = false;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** True at the cap: the source must not be read until something has left. */
  get full(): boolean {
    return this.#queuedBytes >= BOUNDS.queuedBytes || this.#entries.length >= BOUNDS.queuedChunks;
  }

  /** The type of the next entry, due or not. */
  get head(): 'bytes' | End | undefined {
    return this.#entries[0]?.type;
  }

  put(chunk: Buffer, now: number): void {
    this.#queuedBytes += chunk.length;
    const tail = this.#entries.at(-1);
    if (tail?.type === 'bytes' && tail.openUntil > now && tail.bytes + chunk.length <= BOUNDS.mergedBytes) {
      tail.parts.push(chunk);
      tail.bytes += chunk.length;
      this.#tally.merged += 1;
      return;
    }
    const { merge } = this.#shape;
    const openUntil = merge === 'off' ? now : now + merge.ms;
    const due = this.#dueFrom(openUntil);
    this.#entries.push({ type: 'bytes', parts: [chunk], bytes: chunk.length, due, openUntil });
    if (this.#shape.delay !== 'off') this.#tally.delayed += 1;
  }

  /** Queues an end after the bytes before it, with the same delay. A reset after a FIN replaces the FIN. */
  end(type: End, now: number): void {
    const tail = this.#entries.at(-1);
    if (tail?.type === 'fin') this.#entries.pop();
    this.#entries.push({ type, due: this.#dueFrom(now) });
  }

  /**
   * Removes and returns what must leave now: bytes to write unchanged, or an end. `undefined`: nothing before
   * `wakeAt`.
   */
  take(now: number): Buffer | End | undefined {
    const head = this.#entries[0];
    if (head === undefined || head.due > now) return undefined;
    if (head.type !== 'bytes') {
      this.#entries.shift();
      return head.type;
    }
    if (this.#freeAt > now && this.#shape.limit !== 'off') {
      this.#rateWaited = true;
      return undefined;
    }
    const piece = this.#cutFrom(head);
    this.#queuedBytes -= piece.length;
    this.#count(piece.length, now);
    return piece;
  }

  /** The earliest time at which `take` may return something. `undefined`: the queue is empty. */
  wakeAt(): number | undefined {
    const head = this.#entries[0];
    if (head === undefined) return undefined;
    const limited = head.type === 'bytes' && this.#shape.limit !== 'off';
    return limited ? Math.max(head.due, this.#freeAt) : head.due;
  }

  /** Discards all entries. */
  clear(): void {
    this.#entries = [];
    this.#queuedBytes = 0;
  }

  #dueFrom(time: number): number {
    const { delay } = this.#shape;
    return delay === 'off' ? time : time + delay.ms + (delay.jitterMs ?? 0) * this.#random();
  }

  #cutFrom(head: Chunk): Buffer {
    const whole = head.parts.length === 1 ? head.parts[0]! : Buffer.concat(head.parts);
    const piece = whole.subarray(0, this.#mostBytes());
    if (piece.length === whole.length) this.#entries.shift();
    else {
      head.parts = [whole.subarray(piece.length)];
      head.bytes = whole.length - piece.length;
    }
    return piece;
  }

  #mostBytes(): number {
    const { limit, split } = this.#shape;
    if (split === 'bytes') return 1;
    if (limit === 'off') return Infinity;
    return Math.max(1, Math.floor((limit.bytesPerSecond * BOUNDS.limitSliceMs) / 1000));
  }

  #count(bytes: number, now: number): void {
    const { limit, split } = this.#shape;
    if (split === 'bytes') this.#tally.split += 1;
    if (limit === 'off') return;
    this.#freeAt = now + (bytes * 1000) / limit.bytesPerSecond;
    if (this.#rateWaited) this.#tally.limited += 1;
    this.#rateWaited = false;
  }

  #hurry(): void {
    for (const entry of this.#entries) {
      entry.due = 0;
      if (entry.type === 'bytes') entry.openUntil = 0;
    }
  }
}

function wentOff(before: object | 'off', after: object | 'off'): boolean {
  return before !== 'off' && after === 'off';
}
