/**
 * Lines that were written and not sent, whatever the version that will send them. Each waits in one of four lanes:
 * `unsafe` (qos false), `free` (wait false), `newest` (wait false, and the newest goes first) and `ordered` (wait true).
 */
import { OrderedQueue } from './ordered-queue.js';

/** How a line is to be sent; both are true by default (PROTOCOL.md section 3). */
export interface WriteFlags {
  /** Repeat until acked. */
  readonly qos?: boolean | undefined;
  /** Do not send before every earlier waiting line is acked; version 2 keeps the order without that. */
  readonly wait?: boolean | undefined;
  /** With `wait: false`: send before the lines with this flag that were written earlier. Default false. */
  readonly newestFirst?: boolean | undefined;
}

export type Lane = 'unsafe' | 'free' | 'newest' | 'ordered';

export function laneOf({ qos = true, wait = true, newestFirst = false }: WriteFlags): Lane {
  if (!qos) return 'unsafe';
  if (wait) return 'ordered';
  return newestFirst ? 'newest' : 'free';
}

/** A line as it was written. */
export interface WrittenLine {
  /** Its number among all writes of the session. */
  readonly ticket: number;
  readonly text: string;
  readonly lane: Lane;
}

/** A written line, on its way. */
export interface Line extends WrittenLine {
  /** One that comes back after it was sent does not wait for newer ones. */
  lane: Lane;
  /** It has gone out, or had its number, before it came back here: it may have arrived. */
  wasSent: boolean;
  /** The log still has it on the shelf, or on the stack (`shelf.ts`, `stack.ts`). */
  shelved: boolean;
  /** Of its entry in the log, for a line of the stack that is in memory; else 0. */
  place: number;
  /** Links in a row that the peer ended while this line was the oldest unacked. */
  linksEnded: number;
}

export function newLine(ticket: number, text: string, lane: Lane): Line {
  return { ticket, text, lane, wasSent: false, shelved: false, place: 0, linksEnded: 0 };
}

const LANES: readonly Lane[] = ['unsafe', 'free', 'newest', 'ordered'];

export class LineQueue {
  /** By ticket; each from the time when a line is written. */
  readonly #lanes: Partial<Record<Lane, OrderedQueue<Line>>> = {};
  readonly #characters: Record<Lane, number> = { unsafe: 0, free: 0, newest: 0, ordered: 0 };
  /** The highest ticket of lines that are sent in the order of their writes. */
  #latestInOrder = -1;

  size(lane: Lane): number {
    return this.#lanes[lane]?.size ?? 0;
  }

  /** The UTF-16 units of the text in this lane. */
  characters(lane: Lane): number {
    return this.#characters[lane];
  }

  get isEmpty(): boolean {
    return LANES.every((lane) => this.size(lane) === 0);
  }

  /** A line was written whose lane is sent in the order of the writes; it may be elsewhere. */
  wroteInOrder(ticket: number): void {
    this.#latestInOrder = Math.max(this.#latestInOrder, ticket);
  }

  add(ticket: number, text: string, lane: Lane): Line {
    const line = newLine(ticket, text, lane);
    (this.#lanes[lane] ??= new OrderedQueue()).push(ticket, line);
    if (lane === 'free' || lane === 'ordered') this.wroteInOrder(ticket);
    this.#count(line, 1);
    return line;
  }

  /** Lines of the lane `newest` that were written before all that are in it, the newest of them first. */
  addOlder(lines: readonly Line[]): void {
    const lane = (this.#lanes.newest ??= new OrderedQueue());
    for (const line of lines) {
      lane.pushFirst(line.ticket, line);
      this.#count(line, 1);
    }
  }

  /** The line is not to be sent any more, or is being sent; undefined when it was not here. */
  remove(ticket: number): Line | undefined {
    for (const lane of LANES) {
      const line = this.#lanes[lane]?.get(ticket);
      if (line === undefined) continue;
      this.#lanes[lane]?.delete(ticket);
      this.#count(line, -1);
      return line;
    }
    return undefined;
  }

  /** True for a line that waits here and has never been sent. */
  isUnsent(ticket: number): boolean {
    return LANES.some((lane) => this.#lanes[lane]?.get(ticket)?.wasSent === false);
  }

  /** All lines that wait to be sent, each lane in the order of the writes. */
  lines(): Line[] {
    return LANES.flatMap((lane) => this.linesOf(lane));
  }

  linesOf(lane: Lane): Line[] {
    return [...(this.#lanes[lane] ?? [])];
  }

  first(lane: Lane): Line | undefined {
    return this.#lanes[lane]?.first;
  }

  last(lane: Lane): Line | undefined {
    return this.#lanes[lane]?.last;
  }

  /**
   * The line that goes next of those that are to be acked; without the ordered ones on demand. The newest line that waits
   * decides: it goes itself if its lane sends the newest first, and else the oldest of those that keep their order.
   */
  next(withOrdered = true): Line | undefined {
    const newest = this.#lanes.newest?.last;
    const oldest = this.#oldest(withOrdered);
    if (newest === undefined || oldest === undefined) return newest ?? oldest;
    return newest.ticket > this.#latestInOrder ? newest : oldest;
  }

  #oldest(withOrdered: boolean): Line | undefined {
    const free = this.first('free');
    const ordered = withOrdered ? this.first('ordered') : undefined;
    if (free === undefined || ordered === undefined) return free ?? ordered;
    return free.ticket < ordered.ticket ? free : ordered;
  }

  /** Lines that were sent and are to be sent as new ones: in front of the others, in the order of their writes. */
  putBack(lines: readonly Line[]): void {
    for (const line of lines) if (line.lane === 'newest') line.lane = 'free';
    for (const lane of LANES) {
      const here = this.#lanes[lane];
      const back = lines.filter((line) => line.lane === lane && here?.get(line.ticket) === undefined);
      if (back.length === 0) continue;
      for (const line of back) {
        line.wasSent = true;
        if (lane !== 'unsafe') this.wroteInOrder(line.ticket);
        this.#count(line, 1);
      }
      const queue = (this.#lanes[lane] ??= new OrderedQueue());
      const all = [...back, ...queue].sort((a, b) => a.ticket - b.ticket);
      queue.clear();
      for (const line of all) queue.push(line.ticket, line);
    }
  }

  #count({ lane, text }: Line, change: 1 | -1): void {
    this.#characters[lane] += change * text.length;
  }
}
