/**
 * A session as it is stored: what a checkpoint holds, and how a session becomes again what it was, from the last checkpoint
 * and the entries after it. What belongs to a link is left out: a process that has died has none.
 */
import { utf8Length } from '@iot/framing';
import type { SessionParts } from './dialect.js';
import type { Entry, InEntryV1, InEntryV2, SentEntry, StoredSession } from './entries.js';
import type { Receipt, UnreadLine } from './inbox.js';
import { laneOf, newLine, type Lane, type Line } from './line-queue.js';
import type { Receipt as ReceiptV1 } from './v1/dedup-window.js';
import { DialectV1, type StoredV1 } from './v1/dialect.js';
import type { DialectV2, StoredV2 } from './v2/dialect.js';
import { isNumbered } from './v2/receiver.js';
import type { StoredShelf } from './shelf.js';
import type { Versions } from './versions.js';

/** What a checkpoint holds. */
export interface Snapshot {
  /** The number of the next write. */
  readonly tickets: number;
  /** Lines written that are not acked, in the order of their numbers; `queued` are those that wait to be sent. */
  readonly lines: readonly { readonly ticket: number; readonly text: string; readonly lane: Lane }[];
  readonly queued: readonly number[];
  /** Those that are in the log only; undefined in what was stored before there were any. */
  readonly shelf?: StoredShelf | null;
  /** The same of those of which the newest goes first: all that wait. */
  readonly stack?: StoredShelf | null;
  /** Lines received that are not done. */
  readonly inbox: readonly StoredLine[];
  readonly v1: StoredV1 | null;
  readonly v2: StoredV2 | null;
  /** Both ends have met in version 2. */
  readonly spokenV2: boolean;
}

interface StoredLine {
  readonly place: number;
  readonly text: string;
  readonly at: number;
  /**
   * What it is on the wire: in version 1 its id, or null where the record of ids has moved on since; in version 2 the run of
   * the peer and the number.
   */
  readonly from: number | null | readonly [epoch: string, n: number];
}

export function snapshot(parts: SessionParts, versions: Versions, tickets: number): Snapshot {
  const { v1, keptV2: v2 } = versions;
  const queued = [...parts.queue.linesOf('free'), ...parts.queue.linesOf('ordered')];
  const written = new Map<number, Line>();
  for (const line of [...queued, ...(v1?.pending() ?? []), ...(v2?.pending() ?? [])]) {
    written.set(line.ticket, line);
    line.shelved = false;
  }
  return {
    tickets,
    lines: [...written.values()]
      .sort((a, b) => a.ticket - b.ticket)
      // What was sent waits for no newer line.
      .map(({ ticket, text, lane }) => ({ ticket, text, lane: lane === 'newest' ? 'free' : lane })),
    queued: queued.map(({ ticket }) => ticket),
    shelf: parts.shelf.snapshot(),
    stack: parts.stack.snapshot(),
    // Lines received without `qos` in version 2 have no place: they end with the process.
    inbox: parts.inbox
      .lines()
      .filter(({ place }) => place > 0)
      .map(({ place, text, at, receipt }) => ({ place, text, at, from: origin(receipt, v1) })),
    v1: v1?.snapshot() ?? null,
    v2: v2?.snapshot() ?? null,
    spokenV2: versions.hasSpokenV2,
  };
}

function origin(receipt: Receipt, v1: DialectV1 | undefined): StoredLine['from'] {
  if (isNumbered(receipt)) return [receipt.record.epoch, receipt.n];
  return v1?.replay.receiver.idOf(receipt) ?? null;
}

/** Makes a new session what is stored of it. */
export class Restoration {
  readonly #parts: SessionParts;
  readonly #versions: Versions;
  /** Lines written, by ticket. */
  readonly #written = new Map<number, Line>();
  /** The places of `out` entries, in their order. */
  readonly #places = new Map<number, number>();
  /** The places of lines received that the application had done with. */
  readonly #done = new Set<number>();
  #tickets = 0;

  constructor(parts: SessionParts, versions: Versions) {
    this.#parts = parts;
    this.#versions = versions;
  }

  /** The number of the next write. */
  run({ entries }: StoredSession): number {
    for (const [, entry] of entries) if (entry.kind === 'done') this.#done.add(entry.in);
    for (const [place, entry] of entries) this.#replay(place, entry);
    this.#putAway();
    this.#versions.v1?.replay.receiver.restored();
    return this.#tickets;
  }

  #replay(place: number, entry: Entry): void {
    switch (entry.kind) {
      case 'checkpoint':
        return entry.snapshot === null ? undefined : this.#restore(entry.snapshot as Snapshot);
      case 'in':
        return this.#received(place, entry);
      case 'again':
        return void this.#v1.receiver.replay(entry);
      case 'out':
        if (entry.qos) this.#places.set(entry.ticket, place);
        return this.#wrote(entry.ticket, entry.line, laneOf(entry));
      case 'sent':
        return this.#sent(entry);
      case 'renumbered':
        return this.#v2.sender.renumber(entry.epoch);
      case 'withdrawn':
        if (this.#parts.queue.remove(entry.ticket) === undefined)
          this.#forget(entry.ticket, entry.bytes ?? 0);
        return void this.#versions.withdraw(entry.ticket);
      case 'acked':
        if (entry.version === 1) return this.#v1.outbox.restoreAcked(entry.number);
        return this.#acked(entry.number);
      case 'owner':
      case 'done':
        return;
    }
  }

  #restore({ tickets, lines, queued, shelf, stack, inbox, v1, v2, spokenV2 }: Snapshot): void {
    this.#tickets = tickets;
    if (shelf) this.#parts.shelf.restore(shelf);
    if (stack) this.#parts.stack.restore(stack);
    const unsent = new Set(queued);
    for (const { ticket, text, lane } of lines) {
      this.#wrote(ticket, text, lane);
      if (!unsent.has(ticket)) this.#parts.queue.remove(ticket);
    }
    if (v1 !== null) (this.#versions.v1 ??= new DialectV1(this.#parts)).restore(v1, this.#written);
    if (v2 !== null) this.#versions.restoredV2().restore(v2, this.#written);
    // Some may be in the queue too, to be sent in version 1.
    for (const line of this.#versions.keptV2?.pending() ?? []) line.wasSent = true;
    if (spokenV2) this.#versions.spokeV2();
    for (const { place, text, at, from } of inbox) {
      if (this.#done.has(place)) continue;
      const line = { text, bytes: utf8Length(text), at, place, redelivered: true };
      if (from === null) this.#deliver(undefined, line);
      else if (typeof from === 'number') this.#deliver(this.#v1.receiver.receiptOf(from), line);
      else this.#v2.receiver.replayUnread(...from, line);
    }
  }

  #received(place: number, entry: InEntryV1 | InEntryV2): void {
    const done = this.#done.has(place);
    if (entry.version === 2) {
      this.#versions.spokeV2();
      return this.#v2.receiver.replay(entry, place, done);
    }
    const receipt = this.#v1.receiver.replay(entry);
    const { line: text, at } = entry;
    if (!done) this.#deliver(receipt, { text, bytes: utf8Length(text), at, place, redelivered: true });
    else if (receipt !== undefined) receipt.held = false;
  }

  /** A line of version 1 that was not done; its receipt may have left the record since. */
  #deliver(receipt: ReceiptV1 | undefined, line: Omit<UnreadLine, 'receipt'>): void {
    if (receipt !== undefined) receipt.held = true;
    this.#parts.inbox.push({ ...line, receipt: receipt ?? { version: 1, held: true, place: 0 } });
  }

  #wrote(ticket: number, text: string, lane: Lane): void {
    this.#tickets = Math.max(this.#tickets, ticket + 1);
    this.#written.set(ticket, this.#parts.queue.add(ticket, text, lane));
  }

  /** Lines that were written after those of the shelf, or that do not fit into the queue, were not in memory, or need not be now. */
  #putAway(): void {
    const { queue, shelf, stack } = this.#parts;
    const lines: Line[] = [];
    for (const ticket of this.#places.keys()) {
      const line = queue.remove(ticket);
      if (line !== undefined) lines.push(line);
    }
    for (const { ticket, text, lane } of lines) {
      const place = this.#places.get(ticket)!;
      if (lane === 'newest') stack.add(ticket, text, place);
      else shelf.add(ticket, text, lane, place);
    }
  }

  /** True for a line that the log alone has, and that is not to be sent any more. */
  #forget(ticket: number, bytes: number): boolean {
    return this.#parts.shelf.remove(ticket, bytes) || this.#parts.stack.remove(ticket, bytes);
  }

  #sent({ version, number, ticket, line: text, wait }: SentEntry): void {
    if (text !== undefined && this.#forget(ticket, utf8Length(text)))
      this.#written.set(ticket, newLine(ticket, text, laneOf({ wait })));
    const line = this.#written.get(ticket);
    this.#parts.queue.remove(ticket);
    if (version === 1) return this.#v1.outbox.restore(number, line);
    this.#versions.spokeV2();
    if (line !== undefined) this.#v2.sender.restoreLine(number, line);
  }

  /** A line that was to be sent in version 1 meanwhile is not sent any more. */
  #acked(number: number): void {
    for (const { ticket } of this.#v2.sender.restoreTaken(number)) this.#parts.queue.remove(ticket);
  }

  get #v1(): DialectV1['replay'] {
    return (this.#versions.v1 ??= new DialectV1(this.#parts)).replay;
  }

  get #v2(): DialectV2['replay'] {
    return this.#versions.restoredV2().replay;
  }
}
