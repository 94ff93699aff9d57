/**
 * Lines of the lane `newest` that are in the journal only. In memory are the newest ones, as many as the window takes; when
 * more are written, the oldest of them are put here, and they are read back as that lane empties. So memory stays the same
 * however many lines wait, and the line that was written last is sent next.
 *
 * Theory of operation: the tickets of the lines here are lower than those of the lane. The log is read forward only, and the
 * newest lines are wanted first: so it is divided into blocks of half a window, of which the first place is known, and the
 * highest block that has lines here is read as a whole. Of what an earlier process has left, only the first place is known:
 * it is one long block, which is divided as it is read.
 *
 * All lines of the lane count as lines of the stack in a checkpoint, those in memory too, and the log is trimmed up to the
 * oldest of them at most: so a line can be put here at any time, and nothing is stored for it. What is stored of a line that
 * is sent or withdrawn is as with the shelf (`shelf.ts`).
 */
import { utf8Length } from '@iot/framing';
import type { OutEntry } from './entries.js';
import type { Journal } from './journal.js';
import { newLine, type Line, type LineQueue } from './line-queue.js';
import { NumberRanges } from './number-ranges.js';
import { fills, WINDOW, type Reading, type ReadingEnd, type StoredShelf, type Window } from './shelf.js';

/** Where a block begins: its first line, and the place of the entry of it. */
interface Mark {
  readonly ticket: number;
  readonly place: number;
}

/** How much is in a block. */
interface Size {
  lines: number;
  characters: number;
}

/** What was read of a line. */
interface ReadLine {
  readonly place: number;
  readonly entry: OutEntry;
}

/** The oldest line that is on the stack, and its size in UTF-8 once that has been looked up. */
export interface OldestOfStack {
  readonly ticket: number;
  readonly bytes: number | undefined;
}

export class Stack {
  readonly #queue: LineQueue;
  readonly #journal: Journal | undefined;
  readonly #window: Window;
  readonly #putsAway: boolean;
  readonly #tickets = new NumberRanges();
  #bytes = 0;
  /** Of all blocks, in their order. */
  readonly #marks: Mark[] = [];
  /** What was written into the last one. */
  #block: Size = { lines: 0, characters: 0 };
  /** The one that goes on; another one, or none, when it is of no use any more. */
  #reading: Reading | undefined;
  /** Of the oldest lines, where they were looked up. */
  #sizes = new Map<number, number>();
  #oldestWanted = false;

  /** @param window undefined: lines are here only where an earlier process has left some */
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

  get oldest(): OldestOfStack | undefined {
    const ticket = this.#tickets.first;
    return ticket === undefined ? undefined : { ticket, bytes: this.#sizes.get(ticket) };
  }

  /** The size of the oldest line is to be read from the log; false when that is so already. */
  lookUpOldest(): boolean {
    const isNew = !this.#oldestWanted;
    this.#oldestWanted = true;
    return isNew;
  }

  /** A line was written: it goes to the queue. @param place of its `out` entry; 0 when it has none */
  add(ticket: number, text: string, place: number): void {
    if (place > 0) {
      if (this.#marks.length === 0 || this.#isFull(this.#block)) this.#beginBlock({ ticket, place });
      grow(this.#block, text);
      if (this.#putsAway && this.#fills(1)) this.#putAway();
    }
    this.#queue.add(ticket, text, 'newest').place = place;
  }

  /** The line is not to be sent any more, or has been; false when it is not here. */
  remove(ticket: number, bytes: number): boolean {
    if (!this.#tickets.delete(ticket)) return false;
    // A caller that does not know the size leaves it to the others.
    this.#bytes = this.lines === 0 ? 0 : Math.max(0, this.#bytes - bytes);
    return true;
  }

  /** The place before which the log is not needed; Infinity when no line of the lane waits. */
  get neededFrom(): number {
    const oldest = this.#tickets.first ?? this.#queue.first('newest')?.ticket ?? Infinity;
    if (oldest === Infinity) this.#marks.length = 0;
    while (this.#marks[1] !== undefined && this.#marks[1].ticket <= oldest) this.#marks.shift();
    return this.#marks[0]?.place ?? Infinity;
  }

  /** What is to be read of the log: the newest lines, now that the lane is half empty, or the sizes of the oldest. */
  reading(): Reading | undefined {
    this.#reading = undefined;
    const { first, last } = this.#tickets;
    if (first === undefined || last === undefined) this.#oldestWanted = false;
    else if (!this.#fills(1 / 2)) this.#reading = this.#readBlockOf(last, 'lines');
    else if (this.#oldestWanted) this.#reading = this.#readBlockOf(first, 'sizes');
    return this.#reading;
  }

  /** What is stored in a checkpoint: all lines of the lane, which has no other lines there. */
  snapshot(): StoredShelf | null {
    const from = this.neededFrom;
    if (from === Infinity) return null;
    const tickets = new NumberRanges();
    for (const [first, last] of this.#tickets.ranges()) tickets.pushRange(first, last);
    let bytes = this.#bytes;
    for (const line of this.#queue.linesOf('newest')) {
      line.shelved = true;
      tickets.push(line.ticket);
      bytes += utf8Length(line.text);
    }
    return { from, tickets: tickets.ranges(), bytes };
  }

  restore({ from, tickets, bytes }: StoredShelf): void {
    for (const [first, last] of tickets) this.#tickets.pushRange(first, last);
    this.#bytes = bytes;
    this.#marks.push({ ticket: this.#tickets.first!, place: from });
    this.#block.lines = Infinity;
  }

  #fills(part: number): boolean {
    return fills(this.#window, part, this.#queue, ['newest']);
  }

  #isFull({ lines, characters }: Size): boolean {
    return (
      lines >= Math.max(1, Math.floor(this.#window.lines / 2)) || characters >= this.#window.characters / 2
    );
  }

  /** Those at the end of which no line waits any more are forgotten: however long the oldest line waits, they are few. */
  #beginBlock(mark: Mark): void {
    const newest = this.#queue.last('newest')?.ticket ?? this.#tickets.last ?? -1;
    while ((this.#marks.at(-1)?.ticket ?? -1) > newest) this.#marks.pop();
    this.#marks.push(mark);
    this.#block = { lines: 0, characters: 0 };
  }

  /** The older half of the lane comes here, as far as it is stored. */
  #putAway(): void {
    for (const { ticket, text, place } of this.#queue.linesOf('newest')) {
      if (!this.#fills(1 / 2) || this.#journal?.isStored(place) !== true) return;
      this.#queue.remove(ticket);
      this.#tickets.push(ticket);
      this.#bytes += utf8Length(text);
      // Those that it would bring are older than this one.
      this.#reading = undefined;
    }
  }

  /**
   * Reads the block that has this line: the newest of all, for whose block there is space in the lane now; or the oldest of
   * all, for the sizes.
   */
  #readBlockOf(ticket: number, what: 'lines' | 'sizes'): Reading {
    const index = this.#marks.findLastIndex((mark) => mark.ticket <= ticket);
    const until = this.#marks[index + 1]?.place ?? Infinity;
    let lines: ReadLine[] = [];
    let size: Size = { lines: 0, characters: 0 };
    let isOver = false;
    const reading: Reading = {
      from: this.#marks[index]!.place,
      wants: (place) => this.#reading === reading && !isOver && place < until,
      take: (place, entry) => {
        if (entry.kind !== 'out' || !this.has(entry.ticket)) return [];
        if (this.#isFull(size)) {
          this.#divideAt({ ticket: entry.ticket, place });
          isOver = what === 'sizes';
          if (isOver) return [];
          [lines, size] = [[], { lines: 0, characters: 0 }];
        }
        lines.push({ place, entry });
        grow(size, entry.line);
        isOver = what === 'lines' && entry.ticket === ticket;
        return [];
      },
      end: () => (this.#reading === reading ? this.#wasRead(ticket, what, lines) : []),
    };
    return reading;
  }

  #wasRead(ticket: number, what: 'lines' | 'sizes', read: readonly ReadLine[]): ReadingEnd {
    this.#reading = undefined;
    const lines = read.filter(({ entry }) => this.has(entry.ticket));
    if (this.has(ticket) && !lines.some(({ entry }) => entry.ticket === ticket)) return 'lost';
    if (what === 'lines') return this.#fills(1 / 2) ? [] : this.#takeUp(lines);
    this.#sizes = new Map(lines.map(({ entry }) => [entry.ticket, utf8Length(entry.line)]));
    this.#oldestWanted = false;
    return [];
  }

  /** The newest lines here go back to the lane. */
  #takeUp(lines: readonly ReadLine[]): readonly Line[] {
    const back = lines.map(({ place, entry }) => {
      this.remove(entry.ticket, utf8Length(entry.line));
      return { ...newLine(entry.ticket, entry.line, 'newest'), shelved: true, place };
    });
    this.#queue.addOlder(back.reverse());
    return back;
  }

  /** A block is longer than one may be: another one begins here. */
  #divideAt(mark: Mark): void {
    const before = this.#marks.findLastIndex(({ ticket }) => ticket < mark.ticket);
    this.#marks.splice(before + 1, 0, mark);
  }
}

function grow(size: Size, text: string): void {
  size.lines += 1;
  size.characters += text.length;
}
