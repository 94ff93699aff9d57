/**
 * Lines that were written and not sent, whatever the version that will send them. Each waits in one of three lanes:
 * `unsafe` (qos false), `free` (wait false) and `ordered` (wait true).
 */
import { OrderedQueue } from './ordered-queue.js';

/** How a line is to be sent; both are true by default (PROTOCOL.md section 3). */
export interface WriteFlags {
  /** Repeat until acked. */
  readonly qos?: boolean | undefined;
  /** Do not send before every earlier waiting line is acked; version 2 keeps the order without that. */
  readonly wait?: boolean | undefined;
}

export type Lane = 'unsafe' | 'free' | 'ordered';

export function laneOf({ qos = true, wait = true }: WriteFlags): Lane {
  if (!qos) return 'unsafe';
  return wait ? 'ordered' : 'free';
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
  /** It has gone out, or had its number, before it came back here: it may have arrived. */
  wasSent: boolean;
  /** It was read back, and the log still has it on the shelf (`shelf.ts`). */
  shelved: boolean;
  /** Links in a row that the peer ended while this line was the oldest unacked. */
  linksEnded: number;
}

export function newLine(ticket: number, text: string, lane: Lane): Line {
  return { ticket, text, lane, wasSent: false, shelved: false, linksEnded: 0 };
}

const LANES: readonly Lane[] = ['unsafe', 'free', 'ordered'];

export class LineQueue {
  /** By ticket; each from the time when a line is written. */
  readonly #lanes: Partial<Record<Lane, OrderedQueue<Line>>> = {};
  #characters = 0;

  size(lane: Lane): number {
    return this.#lanes[lane]?.size ?? 0;
  }

  get isEmpty(): boolean {
    return LANES.every((lane) => this.size(lane) === 0);
  }

  /** Lines with qos that are here, and the UTF-16 units of their text. */
  get qosLines(): number {
    return this.size('free') + this.size('ordered');
  }

  get qosCharacters(): number {
    return this.#characters;
  }

  add(ticket: number, text: string, lane: Lane): Line {
    const line = newLine(ticket, text, lane);
    (this.#lanes[lane] ??= new OrderedQueue()).push(ticket, line);
    this.#count(line, 1);
    return line;
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

  /** All lines that wait to be sent, each lane in its order. */
  lines(): Line[] {
    return LANES.flatMap((lane) => [...(this.#lanes[lane] ?? [])]);
  }

  first(lane: Lane): Line | undefined {
    return this.#lanes[lane]?.first;
  }

  /** The line written first of those that are to be acked; without the ordered ones on demand. */
  oldest(withOrdered = true): Line | undefined {
    const free = this.first('free');
    const ordered = withOrdered ? this.first('ordered') : undefined;
    if (free === undefined || ordered === undefined) return free ?? ordered;
    return free.ticket < ordered.ticket ? free : ordered;
  }

  /** Lines that were sent and are to be sent as new ones: in front of the others, in the order of their writes. */
  putBack(lines: readonly Line[]): void {
    for (const lane of LANES) {
      const here = this.#lanes[lane];
      const back = lines.filter((line) => line.lane === lane && here?.get(line.ticket) === undefined);
      if (back.length === 0) continue;
      for (const line of back) {
        line.wasSent = true;
        this.#count(line, 1);
      }
      const queue = (this.#lanes[lane] ??= new OrderedQueue());
      const all = [...back, ...queue].sort((a, b) => a.ticket - b.ticket);
      queue.clear();
      for (const line of all) queue.push(line.ticket, line);
    }
  }

  #count({ lane, text }: Line, change: 1 | -1): void {
    if (lane !== 'unsafe') this.#characters += change * text.length;
  }
}
