/**
 * Lines that were written, have never been sent, and are in the journal only: those that find the queue full. They are read
 * back into the queue as it empties, so memory stays the same however many lines wait. Those of which the newest goes first
 * are on the stack instead (`stack.ts`).
 *
 * Theory of operation: the `out` entry of a line stays where it is in the log. What is known here of the lines is which
 * tickets they have, as ranges, and from which place on the log has them: the lines here are in the log in the order of their
 * tickets. While there are any, each new line is put here too, so that the order is kept.
 *
 * To read a line back changes memory only, and nothing is stored: after a restart the line is here again. So three entries
 * say more where they concern a line that the log still has here. `sent` has its text: what comes before a checkpoint is
 * not loaded. `withdrawn` has its size. A checkpoint has the tickets, and the place from which they are to be read; the log
 * is trimmed up to that place at most. The lines that are in the queue are in the checkpoint, and then not here any more.
 */
import { utf8Length } from '@iot/framing';
import type { Entry, SentEntry } from './entries.js';
import type { Journal } from './journal.js';
import { laneOf, type Lane, type Line, type LineQueue, type WrittenLine } from './line-queue.js';
import { NumberRanges } from './number-ranges.js';

/** How much of the lines that wait is in the queue of a session with a journal; at least one line. */
export interface Window {
  readonly lines: number;
  /** Of their text, in UTF-16 units: about the bytes that it takes in memory. */
  readonly characters: number;
}

/** Whether the lines of these lanes take this part of the window. */
export function fills(window: Window, part: number, queue: LineQueue, lanes: readonly Lane[]): boolean {
  const sum = (sizeOf: (lane: Lane) => number) => lanes.reduce((total, lane) => total + sizeOf(lane), 0);
  if (sum((lane) => queue.size(lane)) >= part * window.lines) return true;
  return sum((lane) => queue.characters(lane)) >= part * window.characters;
}

/** Entries that are to be read from the log, each in its order. To read changes memory only: it may end at any time. */
export interface Reading {
  /** The place of the first. */
  readonly from: number;
  /** Whether the entry of this place is to be read too; when one is not, there are no more. */
  wants(place: number): boolean;
  /** The log has this entry; the lines that are in the queue now. */
  take(place: number, entry: Entry): readonly WrittenLine[];
  /** The log has no more, or no more is wanted. */
  end(): ReadingEnd;
}

/** The lines that are in the queue at the end; `lost` where the log has lost what had to be there. */
export type ReadingEnd = readonly WrittenLine[] | 'lost';

/** What is stored of the lines here. */
export interface StoredShelf {
  readonly from: number;
  readonly tickets: readonly (readonly [first: number, last: number])[];
  readonly bytes: number;
}

/** More than a link takes while the next lines are read. */
export const WINDOW: Window = { lines: 1000, characters: 256 * 1024 };

export class Shelf {
  readonly #queue: LineQueue;
  readonly #journal: Journal | undefined;
  readonly #window: Window;
  readonly #putsAway: boolean;
  readonly #tickets = new NumberRanges();
  #bytes = 0;
  /** The place of the next entry to read. */
  #from = 0;

  /** @param window undefined: lines are put here only while there are some of an earlier process */
  constructor(queue: LineQueue, journal: Journal | undefined, window: Window | undefined) {
    this.#queue = queue;
    this.#journal = journal;
    this.#window = window ?? WINDOW;
    this.#putsAway = window !== undefined;
  }

  /** Lines that are here. */
  get lines(): number {
    return this.#tickets.size;
  }

  /** Of these, in UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  has(ticket: number): boolean {
    return this.#tickets.has(ticket);
  }

  /** A line was written: it goes to the queue, or comes here. @param place of its `out` entry; 0 when it has none */
  add(ticket: number, text: string, lane: Lane, place: number): void {
    if (place === 0 || (this.lines === 0 && !(this.#putsAway && this.#fills(1)))) {
      this.#queue.add(ticket, text, lane);
      return;
    }
    if (this.lines === 0) this.#from = place;
    this.#queue.wroteInOrder(ticket);
    this.#tickets.push(ticket);
    this.#bytes += utf8Length(text);
  }

  /** The line is not to be sent any more, or has been; false when it is not here. */
  remove(ticket: number, bytes: number): boolean {
    if (!this.#tickets.delete(ticket)) return false;
    // A caller that does not know the size leaves it to the others.
    this.#bytes = this.lines === 0 ? 0 : Math.max(0, this.#bytes - bytes);
    return true;
  }

  /** The place before which the log is not needed; Infinity when no line is here. */
  get neededFrom(): number {
    return this.lines === 0 ? Infinity : this.#from;
  }

  /** What is to be read of the log, now that the queue is half empty. */
  reading(): Reading | undefined {
    const from = this.#from;
    if (!this.#isWanted) return undefined;
    return {
      from,
      wants: (place) => this.#wants(place),
      take: (place, entry) => this.#readBack(place, entry),
      end: () => (this.#from === from && this.#isWanted ? 'lost' : []),
    };
  }

  get #isWanted(): boolean {
    return !this.#fills(1 / 2) && this.#wants(this.#from);
  }

  #wants(place: number): boolean {
    return this.lines > 0 && !this.#fills(1) && this.#journal?.isStored(place) === true;
  }

  #readBack(place: number, entry: Entry): readonly WrittenLine[] {
    this.#from = place + 1;
    if (entry.kind !== 'out' || !this.remove(entry.ticket, utf8Length(entry.line))) return [];
    const line = this.#queue.add(entry.ticket, entry.line, laneOf(entry));
    line.shelved = true;
    return [line];
  }

  snapshot(): StoredShelf | null {
    if (this.lines === 0) return null;
    return { from: this.#from, tickets: this.#tickets.ranges(), bytes: this.#bytes };
  }

  restore({ from, tickets, bytes }: StoredShelf): void {
    for (const [first, last] of tickets) this.#tickets.pushRange(first, last);
    this.#queue.wroteInOrder(this.#tickets.last ?? -1);
    this.#from = from;
    this.#bytes = bytes;
  }

  #fills(part: number): boolean {
    return fills(this.#window, part, this.#queue, ['free', 'ordered']);
  }
}

/** What is stored of a line that is about to be sent, with its text where the log has it on the shelf. */
export function sentEntry(version: 1 | 2, number: number, line: Line): SentEntry {
  const { ticket, text, lane, shelved } = line;
  const sent = { kind: 'sent', version, number, ticket } as const;
  return shelved ? { ...sent, line: text, wait: lane === 'ordered' } : sent;
}
