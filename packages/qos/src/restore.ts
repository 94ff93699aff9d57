/**
 * Saves a session in a checkpoint, and restores it in a new process from the last checkpoint and the entries after it.
 * State of a link is not saved: the link ends with the process.
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

/** The state in a checkpoint. */
export interface Snapshot {
  /** The ticket of the next write. */
  readonly tickets: number;
  /**
   * Lines written and not acked, in the order of their tickets. `queued` has the tickets of those that wait to be sent.
   */
  readonly lines: readonly { readonly ticket: number; readonly text: string; readonly lane: Lane }[];
  readonly queued: readonly number[];
  /** Unsent lines that are in the log only (`shelf.ts`). Undefined in checkpoints of versions that had no shelf. */
  readonly shelf?: StoredShelf | null;
  /** Unsent lines of the lane `newest`, both in memory and in the log only (`stack.ts`). */
  readonly stack?: StoredShelf | null;
  /** Lines received that the application has not done with. */
  readonly inbox: readonly StoredLine[];
  readonly v1: StoredV1 | null;
  readonly v2: StoredV2 | null;
  /** Both ends have met in version 2 on some link. */
  readonly spokenV2: boolean;
}

interface StoredLine {
  readonly place: number;
  readonly text: string;
  readonly at: number;
  /**
   * What identifies the line on the wire. Version 1: its id, or null when the record of ids no longer contains it.
   * Version 2: the peer's epoch and the number of the line.
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
      // A `newest` line that was sent comes back as `free`: newer lines no longer overtake it.
      .map(({ ticket, text, lane }) => ({ ticket, text, lane: lane === 'newest' ? 'free' : lane })),
    queued: queued.map(({ ticket }) => ticket),
    shelf: parts.shelf.snapshot(),
    stack: parts.stack.snapshot(),
    // Unsafe lines of version 2 have no place: they are not stored, and are lost with the process.
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

/** Restores the stored state into a new session. */
export class Restoration {
  readonly #parts: SessionParts;
  readonly #versions: Versions;
  /** Lines written, by ticket. */
  readonly #written = new Map<number, Line>();
  /** The places of `out` entries by ticket, in their order. */
  readonly #places = new Map<number, number>();
  /** The places of received lines that the application had done with. */
  readonly #done = new Set<number>();
  #tickets = 0;

  constructor(parts: SessionParts, versions: Versions) {
    this.#parts = parts;
    this.#versions = versions;
  }

  /** Restores the session. Returns the ticket of the next write. */
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
    // Lines pending in version 2 may also be in the queue, to be sent in version 1.
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

  /** Delivers a line of version 1 that was not done. It has no receipt when the record of ids no longer contains it. */
  #deliver(receipt: ReceiptV1 | undefined, line: Omit<UnreadLine, 'receipt'>): void {
    if (receipt !== undefined) receipt.held = true;
    this.#parts.inbox.push({ ...line, receipt: receipt ?? { version: 1, held: true, place: 0 } });
  }

  #wrote(ticket: number, text: string, lane: Lane): void {
    this.#tickets = Math.max(this.#tickets, ticket + 1);
    this.#written.set(ticket, this.#parts.queue.add(ticket, text, lane));
  }

  /**
   * Replayed lines are all in the queue. Adds them again through the shelf or the stack: lines that do not fit into
   * memory, or that come after lines of the shelf, are moved there.
   */
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

  /**
   * Removes a line from the shelf or the stack, since it is not to be sent from there any more. True when it was there.
   */
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

  /** Lines that are acked in version 2 are removed from the queue, where they may wait to be sent in version 1. */
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
