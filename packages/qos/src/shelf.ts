/**
 * The shelf: unsent lines that are in the log only, not in memory, because the queue was full when they were written.
 * The log is the sequence of stored entries (`journal.ts`); a line's place is the sequence number of its `out` entry
 * there. Lines written with `newestFirst` are on the stack instead (`stack.ts`).
 *
 * How it works: the queue keeps a bounded number of lines in memory (the window). While the shelf is not empty, each
 * new line goes to the shelf, so the order of the writes is kept. When the queue is half empty, lines are read back
 * from the log. The `out` entry of a line stays in the log. In memory, the shelf has only the tickets of its lines, as
 * ranges, and the place from which on the log is to be read. In the log the lines of the shelf are in the order of
 * their tickets.
 *
 * To read a line back stores nothing: after a restart the line is on the shelf again. So three kinds of entries say
 * more about a line that the log still has on the shelf:
 * - `sent` contains its text, because entries before a checkpoint are not loaded at a restart.
 * - `withdrawn` contains its size.
 * - A checkpoint contains the tickets on the shelf and the place from which on the log is to be read. The log is not
 *   trimmed beyond that place. A line in the queue is in the checkpoint with its text, and from then on it is not on
 *   the shelf.
 */
import { utf8Length } from '@iot/framing';
import type { Entry, SentEntry } from './entries.js';
import type { Journal } from './journal.js';
import { laneOf, type Lane, type Line, type LineQueue, type WrittenLine } from './line-queue.js';
import { NumberRanges } from './number-ranges.js';

/** How many unsent lines a session with a journal keeps in its queue in memory; at least one line. */
export interface Window {
  readonly lines: number;
  /** Length of their text in UTF-16 units: about the number of bytes in memory. */
  readonly characters: number;
}

/** Whether the lines of these lanes fill this part of the window (1: all of it). */
export function fills(window: Window, part: number, queue: LineQueue, lanes: readonly Lane[]): boolean {
  const sum = (sizeOf: (lane: Lane) => number) => lanes.reduce((total, lane) => total + sizeOf(lane), 0);
  if (sum((lane) => queue.size(lane)) >= part * window.lines) return true;
  return sum((lane) => queue.characters(lane)) >= part * window.characters;
}

/**
 * A request to read entries from the log, in their order. It changes memory only, so the owner may stop at any time.
 */
export interface Reading {
  /** The place of the first entry to read. */
  readonly from: number;
  /** Whether to read the entry at this place. Once it is false, the owner reads no more. */
  wants(place: number): boolean;
  /** Passes an entry that was read. Returns the lines that it brought back into the queue. */
  take(place: number, entry: Entry): readonly WrittenLine[];
  /** The log has no more entries, or no more are wanted. */
  end(): ReadingEnd;
}

/**
 * The lines that the end brought back into the queue; `lost` when lines are missing from the log that must be there.
 */
export type ReadingEnd = readonly WrittenLine[] | 'lost';

/**
 * What a checkpoint stores of the shelf or the stack: where to read from, the tickets as ranges, and the size in UTF-8.
 */
export interface StoredShelf {
  readonly from: number;
  readonly tickets: readonly (readonly [first: number, last: number])[];
  readonly bytes: number;
}

/** The default: more than a link sends while the next lines are read from the log. */
export const WINDOW: Window = { lines: 1000, characters: 256 * 1024 };

export class Shelf {
  readonly #queue: LineQueue;
  readonly #journal: Journal | undefined;
  readonly #window: Window;
  readonly #putsAway: boolean;
  readonly #tickets = new NumberRanges();
  #bytes = 0;
  /** The place of the next entry to read from the log. */
  #from = 0;

  /** @param window undefined: a line is put on the shelf only while it has lines of an earlier process */
  constructor(queue: LineQueue, journal: Journal | undefined, window: Window | undefined) {
    this.#queue = queue;
    this.#journal = journal;
    this.#window = window ?? WINDOW;
    this.#putsAway = window !== undefined;
  }

  /** Number of lines on the shelf. */
  get lines(): number {
    return this.#tickets.size;
  }

  /** Size of these lines in UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  has(ticket: number): boolean {
    return this.#tickets.has(ticket);
  }

  /** A line was written: adds it to the queue, or to the shelf. @param place of its `out` entry; 0 when it has none */
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

  /** Removes a line that has been sent or is not to be sent any more; false when it is not on the shelf. */
  remove(ticket: number, bytes: number): boolean {
    if (!this.#tickets.delete(ticket)) return false;
    // A caller that does not know the size passes 0: then the size stays too high until the shelf is empty.
    this.#bytes = this.lines === 0 ? 0 : Math.max(0, this.#bytes - bytes);
    return true;
  }

  /** The log before this place is not needed. Infinity when the shelf is empty. */
  get neededFrom(): number {
    return this.lines === 0 ? Infinity : this.#from;
  }

  /** What to read from the log; undefined unless the queue is half empty. */
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

/**
 * The entry for a line that is about to be sent. It contains the text if the log has the line on the shelf or the
 * stack.
 */
export function sentEntry(version: 1 | 2, number: number, line: Line): SentEntry {
  const { ticket, text, lane, shelved } = line;
  const sent = { kind: 'sent', version, number, ticket } as const;
  return shelved ? { ...sent, line: text, wait: lane === 'ordered' } : sent;
}
