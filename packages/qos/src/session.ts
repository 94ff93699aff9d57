/**
 * The session: all that this end keeps about one peer. It is a state machine without I/O: bytes and the time go in;
 * lines, bytes to send and the next deadline come out.
 *
 * Terms:
 * - A link is one transport connection. A session outlives its links and has at most one at a time.
 * - A dialect is one version of the wire protocol: `v1/` (PROTOCOL.md) or `v2/` (PROTOCOL-2.md). The first bytes of a
 *   link decide which dialect the link speaks. This file holds what both share: lines waiting to be sent, unread lines,
 *   events and deadlines.
 * - A ticket is the number of a write, counted over the whole session.
 * - The journal collects entries that must be stored, for a session that outlives its process. The log is the sequence
 *   of stored entries.
 *
 * The owner is the code that drives the session (the pump of `@iot/connection`). The owner calls `open` when a link
 * begins, `receive` for bytes, `linkClosed` when the transport has ended, `tick` at `nextDeadline`, and `write`,
 * `withdraw` and `read` for the application. After each of these calls the owner takes the events, writes out what
 * `takeOutput` returns (one write for each call, until it returns undefined or the transport is full), and closes the
 * transport when `linkOpen` has become false.
 *
 * With a journal the owner also stores what `takeEntries` returns and then calls `stored`. Until then three things
 * wait: acks, lines that are sent for the first time, and the delivery of received lines.
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

/**
 * When the peer has ended this number of links in a row while the same line was the oldest unacked one, the line is
 * reported.
 */
const LINKS_ENDED_BY_A_LINE = 3;

/** What the constructor needs for a session that outlives its process. */
export interface SessionLog {
  /** The entry that the new owner stores first. */
  readonly owner: OwnerEntry;
  /** What is stored of the session; undefined for a new session. */
  readonly stored: StoredSession | undefined;
  /**
   * How many unsent lines are kept in memory. Lines beyond it are in the log only, and the owner reads them back
   * (`nextReading`). Default: all are kept in memory.
   */
  readonly window?: Window | undefined;
}

export class Session {
  readonly settings: SessionSettings;
  readonly #parts: SessionParts;
  readonly #versions: Versions;
  readonly #roundTrip: RoundTrip;
  #link: Link | undefined;
  /** Why the peer ended the last link, if it said so, and the last bytes to write on that link. */
  #told: Told | undefined;
  #lastWords: Uint8Array | undefined;
  #tickets = 0;

  /**
   * @param log only for a session that is to outlive its process
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

  /** True from `open` until the link has ended, whichever end has ended it. */
  get linkOpen(): boolean {
    return this.#link !== undefined;
  }

  get up(): boolean {
    return this.#link?.state.up ?? false;
  }

  /** The version that the link speaks, or that the last link spoke; undefined until the first link has decided. */
  get protocol(): 1 | 2 | undefined {
    return this.#versions.spoken;
  }

  get stats(): SessionStats {
    return { ...this.#parts.counts, protocol: this.protocol };
  }

  /**
   * True while the owner must not read from the link: the unread lines of all sessions together exceed their limit, and
   * this session is among the largest. Undefined when no limit is shared.
   */
  get hold(): boolean | undefined {
    return this.settings.unreadTotal && this.#parts.inbox.mustWait;
  }

  /** The session is over: its unread lines no longer count toward the limit that all sessions share. */
  leaveTotal(): void {
    this.#parts.inbox.leaveTotal();
  }

  /** Number of lines received and not yet read. */
  get unread(): number {
    return this.#parts.inbox.unread;
  }

  /**
   * Number of lines written with these flags that wait to be sent. For qos lines it includes all lines in the log only
   * that are sent in the same order, whatever their other flags are.
   */
  unsent(flags: WriteFlags = {}): number {
    const { queue, shelf, stack } = this.#parts;
    const lane = laneOf(flags);
    if (lane === 'unsafe') return queue.size(lane);
    return queue.size(lane) + (lane === 'newest' ? stack.lines : shelf.lines);
  }

  /** True for a line that was written and never sent. `withdraw` takes it back. */
  isUnsent(ticket: number): boolean {
    return this.#parts.queue.isUnsent(ticket) || this.isShelved(ticket);
  }

  /** True for an unsent line that is in the log only, not in memory. */
  isShelved(ticket: number): boolean {
    return this.#parts.shelf.has(ticket) || this.#parts.stack.has(ticket);
  }

  /** Unsent lines that are in the log only, and their size in UTF-8; without those written with `newestFirst`. */
  get shelved(): { readonly lines: number; readonly bytes: number } {
    return this.#parts.shelf;
  }

  /** The same for lines written with `newestFirst`. They are older than all lines of this kind in memory. */
  get stacked(): {
    readonly lines: number;
    readonly bytes: number;
    readonly oldest: OldestOfStack | undefined;
  } {
    return this.#parts.stack;
  }

  /**
   * Asks for the size of the oldest line of `stacked`: a later reading (`nextReading`) looks it up. False when it was
   * asked for before.
   */
  lookUpOldest(): boolean {
    return this.#parts.stack.lookUpOldest();
  }

  /** All unsent lines that are in memory, in the order in which they were written. */
  unsentLines(): readonly WrittenLine[] {
    const lines = this.#parts.queue.lines().filter(({ wasSent }) => !wasSent);
    return lines.sort((a, b) => a.ticket - b.ticket);
  }

  /** Number of lines written and not acked, and of lines received and not read, or not done. */
  get openLines(): number {
    const { queue, shelf, stack } = this.#parts;
    return this.#linesOfCheckpoint + shelf.lines + queue.size('newest') + stack.lines;
  }

  /** Number of lines that a checkpoint would contain with their text. */
  get #linesOfCheckpoint(): number {
    const { queue, inbox } = this.#parts;
    return queue.size('free') + queue.size('ordered') + this.unacked + inbox.open;
  }

  /** Number of messages that were sent and are kept until the peer has acked them. */
  get unacked(): number {
    return this.#versions.unacked;
  }

  /** A link begins. A client calls it when its transport has connected, a server when it has read the hello. */
  open(now: number): void {
    this.#lastWords = undefined;
    this.#told = undefined;
    this.#link = new Link(this.#parts, this.#versions, this.#roundTrip, now);
  }

  /** Bytes have come on the link. */
  receive(chunk: Uint8Array, now: number): void {
    if (chunk.length === 0) return;
    this.#link?.receive(chunk, now);
    this.#noteEnd();
  }

  /** The transport has ended: this end closed it (`closed`), the peer closed it (`fin`), or it failed (`reset`). */
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
   * When to call `tick`; Infinity when there is no deadline. If the deadline has passed already, let one more turn of
   * the event loop read what may have come, and then call `tick`.
   */
  nextDeadline(): number {
    return this.#link?.nextDeadline() ?? Infinity;
  }

  /** When bytes last came on the open link; undefined when no link is open. */
  get lastHeardAt(): number | undefined {
    return this.#link?.state.lastHeardAt;
  }

  /**
   * Makes a keepalive due now. If the peer's host has rebooted, it answers the keepalive with a reset, which ends the
   * dead link (PROTOCOL.md section 5).
   */
  probe(now: number): void {
    this.#link?.state.hurryKeepalive(now);
  }

  /** The transport's buffer is full (`on`), or accepts bytes again. While it is full, nothing is sent or repeated. */
  backPressure(on: boolean): void {
    this.#link?.backPressure(on);
  }

  /**
   * Queues a line. The text must have passed `checkLine` and must not be empty. Returns the ticket, which the `settled`
   * event names when the write is done.
   */
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
   * The writer no longer waits for this line. Returns true if the line had never been sent; in that case it never will
   * be.
   *
   * @param bytes the size of the line in UTF-8; used only when the line is in the log only
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
   * What the owner must read from the log now, to bring lines back into memory; undefined when nothing is needed. One
   * reading at a time: the next call gives up an earlier reading that was not ended.
   */
  nextReading(): Reading | undefined {
    return this.#parts.shelf.reading() ?? this.#parts.stack.reading();
  }

  /** Takes the next received line, in order, and marks it as done. Acks that waited for space become due. */
  read(): string | undefined {
    const line = this.take();
    if (line !== undefined) this.done(line);
    return line?.text;
  }

  /** Takes the next received line, in order. The application calls `done` when it has processed the line. */
  take(): UnreadLine | undefined {
    const taken = this.#parts.inbox.take();
    if (taken === undefined) return undefined;
    this.#versions.released(taken.released);
    return taken.line;
  }

  /** The application has processed a line that it has taken. */
  done(line: UnreadLine): void {
    const { inbox, journal, settings } = this.#parts;
    const receipts = inbox.done(line);
    if (receipts === undefined) return;
    if (journal !== undefined && line.place > 0) {
      const entry = { kind: 'done', in: line.place } as const;
      if (settings.ackWhen !== 'done') journal.addLater(entry);
      // The ack waits until this entry is stored.
      else line.receipt.place = journal.add(entry);
    }
    this.#versions.released(receipts);
  }

  /** True when an ack, a message or a received line waits for entries that the owner has not taken yet. */
  get mustStore(): boolean {
    return this.#parts.journal?.urgent === true;
  }

  /** True when there are entries that the owner has not taken yet. */
  get hasEntries(): boolean {
    return this.#parts.journal?.waiting === true;
  }

  /**
   * The entries to store next, all in one append; undefined for a session without a journal. Call `stored` when they
   * are stored.
   */
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

  /** The events since the last call. */
  takeEvents(): readonly SessionEvent[] {
    return this.#parts.events.take();
  }

  /**
   * The bytes of the next write to the transport; undefined when there are none. After a link has ended: the last bytes
   * for that link, once.
   */
  takeOutput(now: number): Uint8Array | undefined {
    if (this.#link !== undefined) return this.#link.takeOutput(now);
    const words = this.#lastWords;
    this.#lastWords = undefined;
    return words;
  }

  /**
   * A server's question to a newcomer that has offered version 2 while this session's link is up: an opening line that
   * asks for the newcomer's epoch (PROTOCOL-2.md section 4). The peer's epoch is left out of the question, because a
   * newcomer that answers with this epoch takes over the link.
   */
  introduction(): Uint8Array | undefined {
    const { unackedV1, v2 } = this.#versions;
    if (v2 === undefined) return undefined;
    const asks = { known: undefined, taken: 0, received: 0, window: 0, longest: 0 };
    return encodeUtf8(openingLine({ ...v2.opening(unackedV1), ...asks }));
  }

  /**
   * The bytes to write before this end closes the link on purpose; undefined when the peer would not understand them.
   */
  farewell({ code, text, waitMs }: Told, now: number): Uint8Array | undefined {
    return this.#link?.farewell(code, text, waitMs, now);
  }

  /** Why the peer ended the last link, if the peer said so. */
  get told(): Told | undefined {
    return this.#told;
  }

  /**
   * The epoch of the peer that this session met last in version 2. An epoch identifies one run of the peer's session.
   */
  get peerEpoch(): string | undefined {
    return this.#versions.v2?.peerEpoch;
  }

  /** If the link has ended: emits the events of that, and keeps the last bytes to write. */
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

  /**
   * `line` was the oldest unacked line when the link ended. If the peer ended the link, this line may be the reason.
   */
  #suspect(line: Line, endedByPeer: boolean): void {
    line.linksEnded = endedByPeer ? line.linksEnded + 1 : 0;
    if (line.linksEnded !== LINKS_ENDED_BY_A_LINE) return;
    const shown = JSON.stringify(line.text.length > 40 ? `${line.text.slice(0, 40)}…` : line.text);
    const remedy = this.#versions.mustKeep(line)
      ? 'this line cannot be given up, because its id must be acked: only a new session goes on without it'
      : 'abort this write to go on without it';
    const message = `the peer has ended ${LINKS_ENDED_BY_A_LINE} links in a row before it acked ${shown}: the peer may fail on this line, or its program does not read; ${remedy}`;
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
