/**
 * One session: the relation with one peer id. Bytes and the time go in; lines, bytes to send and the next deadline come
 * out. It outlives its links, of which it has at most one at a time, and holds what does not depend on the version of the
 * wire that a link speaks: the lines that wait, the lines that are unread, events and deadlines. Each version is a dialect
 * (`v1/`, PROTOCOL.md; `v2/`, PROTOCOL-2.md), and the first bytes of a link decide which one it speaks.
 *
 * The owner calls, in any order: `open` when a link begins, `receive` for what comes, `linkClosed` when the transport is
 * gone, `tick` when `nextDeadline` has come, `write`, `withdraw` and `read` for the application; and after each of them
 * it takes the events, writes out what `takeOutput` returns, one write a call, until that is undefined or the transport
 * is full, and closes the transport when `linkOpen` has become false.
 *
 * A session that is to outlive its process has a journal: it says what is to be stored (`takeEntries`), its owner says what
 * is (`stored`), and what waits for that goes on: acks, lines that are sent for the first time, and lines to be read.
 */
import { encodeUtf8, openingLine, PeerError, utf8Length } from '@iot/framing';
import type { SessionCounts, SessionParts } from './dialect.js';
import type { OwnerEntry, StoredSession } from './entries.js';
import { EventQueue, type SessionEvent, type SessionStats, type Told } from './events.js';
import { Inbox, type UnreadLine } from './inbox.js';
import { Journal, type Batch } from './journal.js';
import { laneOf, LineQueue, type Line, type WriteFlags, type WrittenLine } from './line-queue.js';
import { Link } from './link.js';
import { sessionSettings, type SessionOptions, type SessionSettings } from './options.js';
import { Restoration, snapshot } from './restore.js';
import { RoundTrip } from './round-trip.js';
import { Shelf, type Reading, type Window } from './shelf.js';
import { Stack, type OldestOfStack } from './stack.js';
import { Versions } from './versions.js';

/** Links in a row that one unacked line may see ended by the peer before it is reported. */
const LINKS_ENDED_BY_A_LINE = 3;

/** Where a session comes from that outlives its process. */
export interface SessionLog {
  /** What the new owner has stored first. */
  readonly owner: OwnerEntry;
  /** What is stored of it; undefined for one that is new. */
  readonly stored: StoredSession | undefined;
  /** New lines beyond it are not kept in memory: the owner reads them back from the store (`nextReading`). Default: all are. */
  readonly window?: Window | undefined;
}

export class Session {
  readonly settings: SessionSettings;
  readonly #parts: SessionParts;
  readonly #versions: Versions;
  readonly #roundTrip: RoundTrip;
  #link: Link | undefined;
  /** How the last link ended, and what still goes out on it. */
  #told: Told | undefined;
  #lastWords: Uint8Array | undefined;
  #tickets = 0;

  /**
   * @param log of a session that is to outlive its process
   * @throws UsageError `ERR_BAD_OPTION`.
   */
  constructor(options: SessionOptions, log?: SessionLog) {
    const settings = sessionSettings(options);
    const journal = log && new Journal(log.stored);
    const queue = new LineQueue();
    this.settings = settings;
    this.#parts = {
      settings,
      queue,
      shelf: new Shelf(queue, journal, log?.window),
      stack: new Stack(queue, journal, log?.window),
      inbox: new Inbox(settings, journal, settings.unreadTotal),
      events: new EventQueue(),
      counts: noCounts(),
      journal,
    };
    this.#roundTrip = new RoundTrip(settings);
    this.#versions = new Versions(this.#parts);
    if (log?.stored !== undefined) {
      this.#tickets = new Restoration(this.#parts, this.#versions).run(log.stored);
    }
    if (log !== undefined) journal?.begin(log.owner);
  }

  /** True from `open` until the link has ended, by whichever end. */
  get linkOpen(): boolean {
    return this.#link !== undefined;
  }

  get up(): boolean {
    return this.#link?.state.up ?? false;
  }

  /** The version that the link speaks, or the last one spoke; undefined until that is known. */
  get protocol(): 1 | 2 | undefined {
    return this.#versions.spoken;
  }

  get stats(): SessionStats {
    return { ...this.#parts.counts, protocol: this.protocol };
  }

  /**
   * True while nothing more is to be read from the link, since there is too much unread in all sessions together; undefined
   * where that is not limited.
   */
  get hold(): boolean | undefined {
    return this.settings.unreadTotal && this.#parts.inbox.mustWait;
  }

  /** The session is over: what it has not read counts no more for all together. */
  leaveTotal(): void {
    this.#parts.inbox.leaveTotal();
  }

  /** Lines received and not yet read. */
  get unread(): number {
    return this.#parts.inbox.unread;
  }

  /** Lines written and not yet sent, with these flags; and all with qos that are in the store only and go in the same order. */
  unsent(flags: WriteFlags = {}): number {
    const { queue, shelf, stack } = this.#parts;
    const lane = laneOf(flags);
    if (lane === 'unsafe') return queue.size(lane);
    return queue.size(lane) + (lane === 'newest' ? stack.lines : shelf.lines);
  }

  /** True for a line that was written and has never been sent: `withdraw` takes it back. */
  isUnsent(ticket: number): boolean {
    return this.#parts.queue.isUnsent(ticket) || this.isShelved(ticket);
  }

  /** True for one of these that is in the store only. */
  isShelved(ticket: number): boolean {
    return this.#parts.shelf.has(ticket) || this.#parts.stack.has(ticket);
  }

  /** Unsent lines that are in the store only, and their size in UTF-8; without those of which the newest goes first. */
  get shelved(): { readonly lines: number; readonly bytes: number } {
    return this.#parts.shelf;
  }

  /** The same of those. They are older than all of them that are in memory. */
  get stacked(): {
    readonly lines: number;
    readonly bytes: number;
    readonly oldest: OldestOfStack | undefined;
  } {
    return this.#parts.stack;
  }

  /** Has the size of the oldest of those looked up: a reading (`nextReading`) brings it. False when that was asked before. */
  lookUpOldest(): boolean {
    return this.#parts.stack.lookUpOldest();
  }

  /** All unsent lines that are in memory, in the order in which they were written. */
  unsentLines(): readonly WrittenLine[] {
    const lines = this.#parts.queue.lines().filter(({ wasSent }) => !wasSent);
    return lines.sort((a, b) => a.ticket - b.ticket);
  }

  /** Lines written that are not acked, and lines received that are not read or not done. */
  get openLines(): number {
    const { queue, shelf, stack } = this.#parts;
    return this.#linesOfCheckpoint + shelf.lines + queue.size('newest') + stack.lines;
  }

  /** How many lines a checkpoint has, with their text. */
  get #linesOfCheckpoint(): number {
    const { queue, inbox } = this.#parts;
    return queue.size('free') + queue.size('ordered') + this.unacked + inbox.open;
  }

  /** Messages sent that are repeated until acked. */
  get unacked(): number {
    return this.#versions.unacked;
  }

  /** A link begins: a client has connected, a server has read the hello. */
  open(now: number): void {
    this.#lastWords = undefined;
    this.#told = undefined;
    this.#link = new Link(this.#parts, this.#versions, this.#roundTrip, now);
  }

  /** Bytes came on the link. */
  receive(chunk: Uint8Array, now: number): void {
    if (chunk.length === 0) return;
    this.#link?.receive(chunk, now);
    this.#noteEnd();
  }

  /** The transport is gone, or (`closed`) given up at this end. */
  linkClosed(now: number, how: 'closed' | 'fin' | 'reset'): void {
    this.#link?.end(how, now);
    this.#noteEnd();
    this.#lastWords = undefined;
  }

  /** A deadline has come. */
  tick(now: number): void {
    this.#link?.tick(now);
    this.#noteEnd();
  }

  /**
   * When `tick` is to be called; Infinity when there is nothing to wait for. A time that has passed means: once what
   * may have come in the meantime has been read, with one further turn of the event loop.
   */
  nextDeadline(): number {
    return this.#link?.nextDeadline() ?? Infinity;
  }

  /** When bytes came last on the link that is open; undefined while there is none. */
  get lastHeardAt(): number | undefined {
    return this.#link?.state.lastHeardAt;
  }

  /** Makes a keepalive due now: a host that has rebooted answers it with a reset (PROTOCOL.md section 5). */
  probe(now: number): void {
    this.#link?.state.hurryKeepalive(now);
  }

  /** The transport takes no more for now, or takes more again; nothing is repeated in between. */
  backPressure(on: boolean): void {
    this.#link?.backPressure(on);
  }

  /** Queues a line, already checked by `checkLine` and not empty; the ticket comes back in its `settled` event. */
  write(text: string, flags: WriteFlags = {}): number {
    const ticket = this.#tickets++;
    const { qos = true, wait = true, newestFirst } = flags;
    const { shelf, stack, journal } = this.#parts;
    const entry = {
      kind: 'out',
      ticket,
      line: text,
      qos,
      wait,
      ...(newestFirst && { newestFirst }),
    } as const;
    const place = (qos ? journal?.add(entry) : undefined) ?? 0;
    const lane = laneOf(flags);
    if (lane === 'newest') stack.add(ticket, text, place);
    else shelf.add(ticket, text, lane, place);
    return ticket;
  }

  /**
   * The writer no longer waits for this line. True when it had not been sent, and never will be.
   *
   * @param bytes its size, which counts where the line is in the store only
   */
  withdraw(ticket: number, bytes = 0): boolean {
    const { queue, shelf, stack, journal } = this.#parts;
    const line = queue.remove(ticket);
    const shelved = line?.shelved ?? (shelf.remove(ticket, bytes) || stack.remove(ticket, bytes));
    const sent = this.#versions.withdraw(ticket);
    const size = line === undefined ? bytes : utf8Length(line.text);
    journal?.add({ kind: 'withdrawn', ticket, ...(shelved && { bytes: size }) });
    return (line !== undefined || shelved) && !sent;
  }

  /**
   * What is to be read of the store, for lines that are in it only; undefined when nothing is wanted now. One at a time: one
   * that was not ended is given up with the next.
   */
  nextReading(): Reading | undefined {
    return this.#parts.shelf.reading() ?? this.#parts.stack.reading();
  }

  /** The next line received, in order, which is done with that. Acks that waited for space become due. */
  read(): string | undefined {
    const line = this.take();
    if (line !== undefined) this.done(line);
    return line?.text;
  }

  /** The next line received, in order. The application calls `done` when it has processed it. */
  take(): UnreadLine | undefined {
    const taken = this.#parts.inbox.take();
    if (taken === undefined) return undefined;
    this.#versions.released(taken.released);
    return taken.line;
  }

  /** The application has done with a line that it has taken. */
  done(line: UnreadLine): void {
    const { inbox, journal, settings } = this.#parts;
    const receipts = inbox.done(line);
    if (receipts === undefined) return;
    if (journal !== undefined && line.place > 0) {
      const entry = { kind: 'done', in: line.place } as const;
      if (settings.ackWhen !== 'done') journal.addLater(entry);
      // The ack waits for it.
      else line.receipt.place = journal.add(entry);
    }
    this.#versions.released(receipts);
  }

  /** True when something waits for entries that have not been taken. */
  get mustStore(): boolean {
    return this.#parts.journal?.urgent === true;
  }

  /** True when there are entries that have not been taken. */
  get hasEntries(): boolean {
    return this.#parts.journal?.waiting === true;
  }

  /** What is to be stored next, in one piece; undefined for a session without a journal. Tell `stored` when it is. */
  takeEntries(): Batch | undefined {
    const { journal, shelf, stack } = this.#parts;
    const neededFrom = Math.min(shelf.neededFrom, stack.neededFrom);
    return journal?.take(this.#linesOfCheckpoint, neededFrom, () =>
      snapshot(this.#parts, this.#versions, this.#tickets),
    );
  }

  /** All entries up to this sequence number are stored. */
  stored(last: number): void {
    this.#parts.journal?.stored(last);
    this.#versions.stored();
  }

  /** What happened since the last call. */
  takeEvents(): readonly SessionEvent[] {
    return this.#parts.events.take();
  }

  /** The bytes of the next single write to the transport; undefined when none. On a link that has ended: the last words. */
  takeOutput(now: number): Uint8Array | undefined {
    if (this.#link !== undefined) return this.#link.takeOutput(now);
    const words = this.#lastWords;
    this.#lastWords = undefined;
    return words;
  }

  /**
   * What a server says to a newcomer that has offered version 2 while this session's link is up: it is to say who it is.
   * What is known of the peer is left out, since its epoch is the answer that takes the link over.
   */
  introduction(): Uint8Array | undefined {
    const { unackedV1, v2 } = this.#versions;
    if (v2 === undefined) return undefined;
    const asks = { known: undefined, taken: 0, received: 0, window: 0, longest: 0 };
    return encodeUtf8(openingLine({ ...v2.opening(unackedV1), ...asks }));
  }

  /** What to write before the link is closed on purpose; undefined where the peer would not understand it. */
  farewell({ code, text, waitMs }: Told, now: number): Uint8Array | undefined {
    return this.#link?.farewell(code, text, waitMs, now);
  }

  /** Why the peer ended the last link, if it said so. */
  get told(): Told | undefined {
    return this.#told;
  }

  /** The run of the peer's session that this one has met last, in version 2. */
  get peerEpoch(): string | undefined {
    return this.#versions.v2?.peerEpoch;
  }

  /** If the link has ended: what is reported, and what still goes out. */
  #noteEnd(): void {
    const ending = this.#link?.ending;
    if (ending === undefined) return;
    const { reason, wasUp, unanswered, oldest, told, words } = ending;
    this.#link = undefined;
    this.#told = told;
    if (words) this.#lastWords = encodeUtf8(words);
    if (wasUp) this.#parts.counts.outages += 1;
    const error = unanswered ? this.#roundTrip.error : undefined;
    if (error !== undefined) this.#parts.events.emit({ type: 'peer-error', error });
    if (oldest !== undefined) this.#suspect(oldest, !unanswered && (reason === 'fin' || reason === 'reset'));
    this.#parts.events.emit({ type: 'down', reason, wasUp, ...(told && { told }) });
  }

  /** This line was the oldest unacked when the link ended; if the peer ended it, it may not bear the line. */
  #suspect(line: Line, endedByPeer: boolean): void {
    line.linksEnded = endedByPeer ? line.linksEnded + 1 : 0;
    if (line.linksEnded !== LINKS_ENDED_BY_A_LINE) return;
    const shown = JSON.stringify(line.text.length > 40 ? `${line.text.slice(0, 40)}…` : line.text);
    const remedy = this.#versions.mustKeep(line)
      ? 'its id is one that must be acked, so only a new session goes on without it'
      : 'abort its write to go on without it';
    const message = `the peer has ended ${LINKS_ENDED_BY_A_LINE} links in a row before it acked ${shown}: it may not bear this line, or its program does not read; ${remedy}`;
    this.#parts.events.emit({ type: 'peer-error', error: new PeerError('ERR_LINE_ENDS_LINKS', message) });
  }
}

function noCounts(): SessionCounts {
  return {
    sent: 0,
    received: 0,
    retransmitted: 0,
    duplicatesDropped: 0,
    unsafeDropped: 0,
    outages: 0,
    protocolErrors: 0,
  };
}
