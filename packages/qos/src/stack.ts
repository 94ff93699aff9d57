/**
 * The stack: unsent lines of the lane `newest` that are in the log only, not in memory. In this lane the line that was
 * written last is sent first. The log is the sequence of stored entries (`journal.ts`); a line's place is the sequence
 * number of its `out` entry there.
 *
 * How it works: the queue keeps the newest lines of the lane in memory, as many as the window allows. When more are
 * written, the older half moves to the stack; when the lane is half empty, the newest lines of the stack are read back.
 * So the use of memory is bounded, however many lines wait. All lines on the stack are older than all lines of the lane
 * in memory: their tickets are lower.
 *
 * The log can be read forward only, but the newest lines are needed first. So the log is divided into blocks of half a
 * window, and the place where each block begins is kept (a `Mark`). To read back, the whole newest block that still has
 * lines on the stack is read. Of the lines of an earlier process only the first place is known. They form one long
 * block, which is divided while it is read.
 *
 * To move a line to the stack or back stores nothing. Instead, a checkpoint lists all lines of the lane as lines of the
 * stack, also those in memory, and the log is not trimmed beyond the oldest of them. What is stored when a line is sent
 * or withdrawn is the same as for the shelf (`shelf.ts`).
 */
import { utf8Length } from '@iot/framing';
import type { OutEntry } from './entries.js';
import type { Journal } from './journal.js';
import { newLine, type Line, type LineQueue } from './line-queue.js';
import { NumberRanges } from './number-ranges.js';
import { fills, WINDOW, type Reading, type ReadingEnd, type StoredShelf, type Window } from './shelf.js';

/** The beginning of a block: the ticket of its first line, and the place of that line's `out` entry. */
interface Mark {
  readonly ticket: number;
  readonly place: number;
}

/** The lines of a block, and the UTF-16 units of their text. */
interface Size {
  lines: number;
  characters: number;
}

/** An `out` entry that was read from the log, and its place. */
interface ReadLine {
  readonly place: number;
  readonly entry: OutEntry;
}

/** The oldest line on the stack. `bytes` is its size in UTF-8; undefined until it has been looked up in the log. */
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
  /** The beginnings of all blocks, in their order. */
  readonly #marks: Mark[] = [];
  /** The size of the last block, to which lines are being added. */
  #block: Size = { lines: 0, characters: 0 };
  /** The current reading. A reading that is not the current one brings nothing back. */
  #reading: Reading | undefined;
  /** Sizes of the oldest lines, by ticket, as far as they were looked up. */
  #sizes = new Map<number, number>();
  #oldestWanted = false;

  /** @param window undefined: nothing is moved to the stack; it only holds lines that an earlier process has left */
  constructor(queue: LineQueue, journal: Journal | undefined, window: Window | undefined) {
    this.#queue = queue;
    this.#journal = journal;
    this.#window = window ?? WINDOW;
    this.#putsAway = window !== undefined;
  }

  /** Number of lines on the stack. */
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

  get oldest(): OldestOfStack | undefined {
    const ticket = this.#tickets.first;
    return ticket === undefined ? undefined : { ticket, bytes: this.#sizes.get(ticket) };
  }

  /** The next reading looks up the size of the oldest line. False when that was asked for already. */
  lookUpOldest(): boolean {
    const isNew = !this.#oldestWanted;
    this.#oldestWanted = true;
    return isNew;
  }

  /**
   * A line of the lane was written: adds it to the queue, and moves older lines to the stack if the window is full.
   * @param place of its `out` entry; 0 when it has none
   */
  add(ticket: number, text: string, place: number): void {
    if (place > 0) {
      if (this.#marks.length === 0 || this.#isFull(this.#block)) this.#beginBlock({ ticket, place });
      grow(this.#block, text);
      if (this.#putsAway && this.#fills(1)) this.#putAway();
    }
    this.#queue.add(ticket, text, 'newest').place = place;
  }

  /** Removes a line that has been sent or is not to be sent any more; false when it is not on the stack. */
  remove(ticket: number, bytes: number): boolean {
    if (!this.#tickets.delete(ticket)) return false;
    // A caller that does not know the size passes 0: then the size stays too high until the stack is empty.
    this.#bytes = this.lines === 0 ? 0 : Math.max(0, this.#bytes - bytes);
    return true;
  }

  /** The log before this place is not needed. Infinity when no line of the lane waits. */
  get neededFrom(): number {
    const oldest = this.#tickets.first ?? this.#queue.first('newest')?.ticket ?? Infinity;
    if (oldest === Infinity) this.#marks.length = 0;
    while (this.#marks[1] !== undefined && this.#marks[1].ticket <= oldest) this.#marks.shift();
    return this.#marks[0]?.place ?? Infinity;
  }

  /**
   * What to read from the log now: the newest lines, when the lane is half empty; else the sizes of the oldest lines,
   * when they were asked for.
   */
  reading(): Reading | undefined {
    this.#reading = undefined;
    const { first, last } = this.#tickets;
    if (first === undefined || last === undefined) this.#oldestWanted = false;
    else if (!this.#fills(1 / 2)) this.#reading = this.#readBlockOf(last, 'lines');
    else if (this.#oldestWanted) this.#reading = this.#readBlockOf(first, 'sizes');
    return this.#reading;
  }

  /** What a checkpoint stores: all waiting lines of the lane. The checkpoint has them nowhere else. */
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

  /**
   * A new block begins. Blocks at the end of the log of which no line waits any more are forgotten, so few blocks are
   * kept, however long the oldest line waits.
   */
  #beginBlock(mark: Mark): void {
    const newest = this.#queue.last('newest')?.ticket ?? this.#tickets.last ?? -1;
    while ((this.#marks.at(-1)?.ticket ?? -1) > newest) this.#marks.pop();
    this.#marks.push(mark);
    this.#block = { lines: 0, characters: 0 };
  }

  /** Moves the older half of the lane to the stack, as far as it is stored. */
  #putAway(): void {
    for (const { ticket, text, place } of this.#queue.linesOf('newest')) {
      if (!this.#fills(1 / 2) || this.#journal?.isStored(place) !== true) return;
      this.#queue.remove(ticket);
      this.#tickets.push(ticket);
      this.#bytes += utf8Length(text);
      // A reading that is under way would bring back lines that are older than this one.
      this.#reading = undefined;
    }
  }

  /**
   * Reads the block that contains this line: for `lines` the newest line on the stack, whose block fits into the lane
   * now; for `sizes` the oldest line.
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

  /** The lines that were read go back to the lane. */
  #takeUp(lines: readonly ReadLine[]): readonly Line[] {
    const back = lines.map(({ place, entry }) => {
      this.remove(entry.ticket, utf8Length(entry.line));
      return { ...newLine(entry.ticket, entry.line, 'newest'), shelved: true, place };
    });
    this.#queue.addOlder(back.reverse());
    return back;
  }

  /** The block that is being read is longer than a block may be: it is divided here. */
  #divideAt(mark: Mark): void {
    const before = this.#marks.findLastIndex(({ ticket }) => ticket < mark.ticket);
    this.#marks.splice(before + 1, 0, mark);
  }
}

function grow(size: Size, text: string): void {
  size.lines += 1;
  size.characters += text.length;
}
