/**
 * The queue of lines that were written and wait to be sent, in memory. It does not depend on the version of the wire.
 *
 * Each line waits in one of four lanes: `unsafe` (`qos: false`), `free` (`wait: false`), `newest` (`wait: false` and
 * `newestFirst`: the newest line is sent first) and `ordered` (`wait: true`). Apart from `newest`, each lane is sent in
 * the order of the writes.
 */
import { OrderedQueue } from './ordered-queue.js';

/** How a line is sent. `qos` and `wait` are true by default (PROTOCOL.md section 3). */
export interface WriteFlags {
  /** The line is repeated until it is acked. */
  readonly qos?: boolean | undefined;
  /**
   * The line is not sent before every earlier waiting line is acked. Version 2 keeps the order without waiting for
   * acks.
   */
  readonly wait?: boolean | undefined;
  /** With `wait: false`: the line is sent before earlier lines with this flag. Default false. */
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

/** A written line, with the state of its sending. */
export interface Line extends WrittenLine {
  /**
   * The lane changes from `newest` to `free` when the line comes back to the queue after it was sent: newer lines no
   * longer overtake it.
   */
  lane: Lane;
  /** True when the line was sent, or had a number, before it came back to the queue: it may have arrived. */
  wasSent: boolean;
  /**
   * True when the log still has the line on the shelf or on the stack, although it is in memory now (`shelf.ts`,
   * `stack.ts`).
   */
  shelved: boolean;
  /** For a line of the lane `newest` in memory: the place of its `out` entry in the log. Otherwise 0. */
  place: number;
  /** Number of links in a row that the peer ended while this line was the oldest unacked one. */
  linksEnded: number;
}

export function newLine(ticket: number, text: string, lane: Lane): Line {
  return { ticket, text, lane, wasSent: false, shelved: false, place: 0, linksEnded: 0 };
}

const LANES: readonly Lane[] = ['unsafe', 'free', 'newest', 'ordered'];

export class LineQueue {
  /** The lines of each lane, by ticket. A lane is made when its first line is written. */
  readonly #lanes: Partial<Record<Lane, OrderedQueue<Line>>> = {};
  readonly #characters: Record<Lane, number> = { unsafe: 0, free: 0, newest: 0, ordered: 0 };
  /** The highest ticket among lines that are sent in the order of the writes. */
  #latestInOrder = -1;

  size(lane: Lane): number {
    return this.#lanes[lane]?.size ?? 0;
  }

  /** Length in UTF-16 units of the text in this lane. */
  characters(lane: Lane): number {
    return this.#characters[lane];
  }

  get isEmpty(): boolean {
    return LANES.every((lane) => this.size(lane) === 0);
  }

  /**
   * A line was written whose lane is sent in the order of the writes. The line itself may be elsewhere, on the shelf.
   */
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

  /** Adds lines to the lane `newest` that are older than all lines in it; the newest of them is given first. */
  addOlder(lines: readonly Line[]): void {
    const lane = (this.#lanes.newest ??= new OrderedQueue());
    for (const line of lines) {
      lane.pushFirst(line.ticket, line);
      this.#count(line, 1);
    }
  }

  /** Removes a line that is being sent, or is not to be sent any more; undefined when the line is not in the queue. */
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

  /** True for a line that is in the queue and has never been sent. */
  isUnsent(ticket: number): boolean {
    return LANES.some((lane) => this.#lanes[lane]?.get(ticket)?.wasSent === false);
  }

  /** All lines in the queue; each lane in the order of the writes. */
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
   * The qos line to send next; with `withOrdered` false, the lane `ordered` is left out.
   *
   * Lines of the lane `newest` and lines in the order of the writes may both wait. If the line written last is in the
   * lane `newest`, that line is next. Otherwise the oldest line that is sent in the order of the writes is next.
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

  /**
   * Puts lines back that were sent and are to be sent as new ones: before the others of their lane, in the order of the
   * writes.
   */
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
