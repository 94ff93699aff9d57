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
 */
import { encodeHello, encodeUtf8, KEEPALIVE, openingLine, PeerError, type Opening } from '@iot/framing';
import { Deadlines, type DeadlineName } from './deadlines.js';
import type { Dialect, SessionCounts, SessionParts } from './dialect.js';
import { KEEPALIVE_HEARD, type LinkEnd, type SessionEvent, type SessionStats, type Told } from './events.js';
import { Inbox } from './inbox.js';
import { LineQueue, type Lane, type Line } from './line-queue.js';
import { LinkState } from './link-state.js';
import { Negotiation, OfferPolicy } from './negotiation.js';
import { sessionSettings, type SessionOptions, type SessionSettings } from './options.js';
import { RoundTrip } from './round-trip.js';
import { DialectV1 } from './v1/dialect.js';
import { DialectV2 } from './v2/dialect.js';

/** How a line is to be sent; both are true unless told otherwise (PROTOCOL.md section 3). */
export interface WriteFlags {
  /** Repeat until acked. */
  readonly qos?: boolean | undefined;
  /** Do not send before every earlier waiting line is acked; version 2 keeps the order without that. */
  readonly wait?: boolean | undefined;
}

/** Links in a row that one unacked line may see ended by the peer before it is reported. */
const LINKS_ENDED_BY_A_LINE = 3;

/** All that lives as long as a link. */
interface Link {
  readonly state: LinkState;
  readonly offered: boolean;
  /** Undefined once the version is known. */
  negotiation: Negotiation | undefined;
  dialect: Dialect;
  /** Bytes that go out before all else: the hello. */
  prologue: Uint8Array | undefined;
  backPressured: boolean;
  /** The peer has been silent for too long, and there is one more look at what has come. */
  lastLook: boolean;
}

export class Session {
  readonly settings: SessionSettings;
  readonly #queue = new LineQueue();
  readonly #inbox: Inbox;
  readonly #v1: DialectV1;
  readonly #v2: DialectV2 | undefined;
  readonly #offers = new OfferPolicy();
  readonly #roundTrip: RoundTrip;
  readonly #deadlines = new Deadlines();
  readonly #counts: SessionCounts = {
    sent: 0,
    received: 0,
    retransmitted: 0,
    duplicatesDropped: 0,
    unsafeDropped: 0,
    outages: 0,
    protocolErrors: 0,
  };
  #events: SessionEvent[] = [];
  #link: Link | undefined;
  /** What still goes out on a link that this end has ended. */
  #lastWords: Uint8Array | undefined;
  #protocol: 1 | 2 | undefined;
  #told: Told | undefined;
  #tickets = 0;

  /** @throws UsageError `ERR_BAD_OPTION`. */
  constructor(options: SessionOptions) {
    this.settings = sessionSettings(options);
    this.#inbox = new Inbox(this.settings);
    this.#roundTrip = new RoundTrip(this.settings);
    const parts: SessionParts = {
      settings: this.settings,
      queue: this.#queue,
      inbox: this.#inbox,
      counts: this.#counts,
      emit: (event) => this.#emit(event),
      answered: () => this.#answered(),
      unackedV1: () => this.#v1.unacked,
      mayMeet: (opening, now) => this.#mayMeet(opening, now),
      met: (now) => this.#met(now),
      lateOpening: (now) => this.#lateOpening(now),
      endLink: (reason, now, more) => this.#endLink(reason, now, more),
    };
    this.#v1 = new DialectV1(parts);
    const { drawEpoch } = options;
    if (this.settings.protocol === 2 && drawEpoch !== undefined) this.#v2 = new DialectV2(parts, drawEpoch);
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
    return this.#protocol;
  }

  get stats(): SessionStats {
    return { ...this.#counts, protocol: this.#protocol };
  }

  /** Lines received and not yet read. */
  get unread(): number {
    return this.#inbox.size;
  }

  /** Lines written and not yet sent, with these flags. */
  unsent(flags: WriteFlags = {}): number {
    return this.#queue.size(lane(flags));
  }

  /** Messages sent that are repeated until acked. */
  get unacked(): number {
    return this.#v1.unacked + (this.#v2?.unacked ?? 0);
  }

  /** A link begins: a client has connected, a server has read the hello. */
  open(now: number): void {
    const { role, id, timeout, settleMs } = this.settings;
    const client = role === 'client';
    const offered =
      client && this.#v2 !== undefined && this.#offers.offers(this.#v1.hasCarried, this.#v1.unacked);
    const patience = offered ? this.#offers.patienceMs(timeout) : 0;
    const link: Link = {
      state: new LinkState(this.settings, client ? patience : settleMs, now),
      offered,
      negotiation: offered || !client ? new Negotiation(role) : undefined,
      dialect: this.#v1,
      prologue: client ? encodeHello(id, offered) : undefined,
      backPressured: false,
      lastLook: false,
    };
    this.#link = link;
    this.#lastWords = undefined;
    this.#told = undefined;
    // Until the first bytes show otherwise it is version 1.
    this.#v1.linkOpened(link.state, now);
    this.#roundTrip.linkOpened(now);
    if (client && !offered) this.#speakV1(link);
    if (link.state.up) this.#cameUp(now);
    this.#arm(now);
  }

  /** Bytes came on the link. */
  receive(chunk: Uint8Array, now: number): void {
    const link = this.#link;
    if (link === undefined || chunk.length === 0) return;
    if (link.negotiation !== undefined) this.#negotiate(link, link.negotiation, chunk, now);
    else {
      this.#heard(link, now);
      link.dialect.receive(chunk, now);
    }
    if (this.#link === link) this.#arm(now);
  }

  /** The transport is gone, or (`closed`) given up at this end. */
  linkClosed(now: number, how: 'closed' | 'fin' | 'reset'): void {
    if (this.linkOpen) this.#endLink(how, now);
    this.#lastWords = undefined;
  }

  /** A deadline has come. */
  tick(now: number): void {
    const link = this.#link;
    if (link === undefined) return;
    if (this.#deadlines.isDue('silence', now)) {
      // Judge the peer only at the second look: a process that was busy finds its peer's bytes waiting, not its peer dead.
      if (link.lastLook) this.#endLink(link.state.up ? 'silence' : 'no-first-byte', now);
      else link.lastLook = true;
      return;
    }
    this.#arm(now);
  }

  /**
   * When `tick` is to be called; Infinity when there is nothing to wait for. A time that has passed means: once what
   * may have come in the meantime has been read, with one further turn of the event loop.
   */
  nextDeadline(): number {
    return this.#deadlines.next();
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
    if (this.#link === undefined) return;
    this.#link.backPressured = on;
    if (!on) return;
    for (const name of SENDING) this.#deadlines.set(name, Infinity);
  }

  /** Queues a line, already checked by `checkLine` and not empty; the ticket comes back in its `settled` event. */
  write(text: string, flags: WriteFlags = {}): number {
    const ticket = this.#tickets++;
    this.#queue.add(ticket, text, lane(flags));
    return ticket;
  }

  /** The writer no longer waits for this line. True when it had not been sent, and never will be. */
  withdraw(ticket: number): boolean {
    const queued = this.#queue.remove(ticket);
    this.#v1.withdraw(ticket);
    const sent = this.#v2?.withdraw(ticket) === true;
    return queued && !sent;
  }

  /** The next line received, in order. Acks that waited for room become due. */
  read(): string | undefined {
    const taken = this.#inbox.take();
    if (taken === undefined) return undefined;
    this.#v1.released(taken.released);
    this.#v2?.released(taken.released);
    return taken.text;
  }

  /** What happened since the last call. */
  takeEvents(): readonly SessionEvent[] {
    if (this.#events.length === 0) return NO_EVENTS;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** The bytes of the next single write to the transport; undefined when none. On a link that has ended: the last words. */
  takeOutput(now: number): Uint8Array | undefined {
    const link = this.#link;
    if (link === undefined) return this.#takeLastWords();
    if (link.backPressured) return undefined;
    if (link.prologue !== undefined) {
      const hello = link.prologue;
      link.prologue = undefined;
      return hello;
    }
    // The server has not answered the offer in time: what there is to send goes out in version 1.
    const late = link.offered && link.negotiation?.begun === false && link.state.mayTalk(now);
    if (late && this.#hasToSend()) this.#speakV1(link);
    const bytes = link.negotiation === undefined ? link.dialect.takeOutput(now) : keepalive(link.state, now);
    this.#arm(now);
    return bytes;
  }

  /**
   * What a server says to a newcomer that has offered version 2 while this session's link is up: it is to say who it is.
   * What is known of the peer is left out, since its epoch is the answer that takes the link over.
   */
  introduction(): Uint8Array | undefined {
    if (this.#v2 === undefined) return undefined;
    const asks = { known: undefined, taken: 0, received: 0, window: 0, longest: 0 };
    return encodeUtf8(openingLine({ ...this.#v2.opening(), ...asks }));
  }

  /** What to write before the link is closed on purpose; undefined where the peer would not understand it. */
  farewell({ code, text, waitMs }: Told, now: number): Uint8Array | undefined {
    const speaksV2 = this.#v2 !== undefined && this.#link?.dialect === this.#v2;
    return speaksV2 ? this.#v2.farewell(code, text, waitMs, now) : undefined;
  }

  /** Why the peer ended the last link, if it said so. */
  get told(): Told | undefined {
    return this.#told;
  }

  /** The run of the peer's session that this one has met last, in version 2. */
  get peerEpoch(): string | undefined {
    return this.#v2?.peerEpoch;
  }

  #takeLastWords(): Uint8Array | undefined {
    const words = this.#lastWords;
    this.#lastWords = undefined;
    return words;
  }

  #hasToSend(): boolean {
    return (
      this.#v1.owesAcks ||
      this.unacked > 0 ||
      this.#queue.first('unsafe') !== undefined ||
      this.#queue.oldest() !== undefined
    );
  }

  #negotiate(link: Link, negotiation: Negotiation, chunk: Uint8Array, now: number): void {
    const { neutral, version, rest } = negotiation.push(chunk);
    if (neutral.length > 0) {
      this.#met(now);
      this.#v1.receive(neutral, now);
    }
    if (version === 2 && this.#v2 !== undefined) this.#speakV2(link, this.#v2);
    // An offer that this end does not take is ignored.
    else if (version !== undefined) this.#speakV1(link);
    this.#heard(link, now);
    if (rest.length > 0) link.dialect.receive(rest, now);
  }

  /** Bytes came. In version 2 they bring a client's link up only when both ends have met: the server may turn it away. */
  #heard(link: Link, now: number): void {
    const inV2 = link.dialect === this.#v2;
    if (link.negotiation !== undefined || (inV2 && !link.state.up)) link.state.touched(now);
    else this.#met(now);
  }

  #speakV1(link: Link): void {
    link.negotiation = undefined;
    this.#speaks(1);
    // A peer that speaks version 2 and is slow to answer will not read it: what is pending there stays so, until it is clear.
    const lines = this.#v2?.lines() ?? [];
    // Those that an earlier link of version 1 has sent are repeated there.
    this.#queue.putBack(lines.filter((line) => !this.#v1.has(line)));
  }

  #speaks(version: 1 | 2): void {
    if ((this.#protocol ?? 1) !== version) this.#emit({ type: 'protocol', version });
    this.#protocol = version;
  }

  /** The peer has shown that it hears this end. */
  #answered(): void {
    this.#roundTrip.answered();
    // In version 1: then it is another process than the one that spoke version 2, which would have offered it or answered.
    if (this.#link?.dialect === this.#v1) this.#v2?.surrender();
  }

  #speakV2(link: Link, v2: DialectV2): void {
    link.negotiation = undefined;
    this.#v1.linkEnded();
    link.dialect = v2;
    v2.linkOpened(link.state);
  }

  /**
   * The peer's opening line has come. A client that has carried messages of version 1, and none of version 2, may have done
   * so with this very process of the server's: then the server's messages that are pending are settled in version 1 first.
   */
  #mayMeet(opening: Opening, now: number): boolean {
    const first = this.settings.role === 'client' && !this.#offers.spoken;
    if (first && opening.unacked > 0 && this.#v1.hasCarried) {
      this.#endLink('version', now);
      return false;
    }
    this.#speaks(2);
    this.#offers.met();
    for (const { ticket } of this.#v2?.lines() ?? []) this.#queue.remove(ticket);
    this.#sendAgain(this.#v1.surrender());
    return true;
  }

  /** The server will read nothing of what was sent in version 1 on this link: it ends the link. False where none was due. */
  #lateOpening(now: number): boolean {
    if (this.#link?.offered !== true) return false;
    this.#offers.answeredLate();
    this.#sendAgain(this.#v1.unsend());
    this.#endLink('version', now);
    return true;
  }

  /** Lines that were sent in version 1 go back to the queue, but for those that are pending in version 2. */
  #sendAgain(lines: readonly Line[]): void {
    this.#queue.putBack(lines.filter((line) => this.#v2?.has(line) !== true));
  }

  /** The link is up, if it was not yet. */
  #met(now: number): void {
    if (this.#link?.state.heard(now) !== true) return;
    this.#roundTrip.answered();
    this.#cameUp(now);
  }

  #cameUp(now: number): void {
    // Nothing has been said in version 2 yet.
    this.#v1.linkUp(now);
    this.#emit({ type: 'up' });
  }

  #endLink(
    reason: LinkEnd,
    now: number,
    more: { readonly lastWords?: string; readonly told?: Told } = {},
  ): void {
    const link = this.#link;
    if (link === undefined) return;
    const wasUp = link.state.up;
    this.#link = undefined;
    this.#told = more.told;
    if (more.lastWords !== undefined) this.#lastWords = encodeUtf8(more.lastWords);
    this.#deadlines.clear();
    const oldest = link.dialect.linkEnded();
    this.#offers.linkEnded(link.offered, wasUp || link.negotiation === undefined);
    if (wasUp) this.#counts.outages += 1;
    const unanswered = this.#roundTrip.linkEnded(reason, now);
    const error = unanswered ? this.#roundTrip.error : undefined;
    if (error !== undefined) this.#emit({ type: 'peer-error', error });
    if (oldest !== undefined) this.#suspect(oldest, !unanswered && (reason === 'fin' || reason === 'reset'));
    this.#emit({ type: 'down', reason, wasUp, ...(more.told && { told: more.told }) });
  }

  /** This line was the oldest unacked when the link ended; if the peer ended it, it may not bear the line. */
  #suspect(line: Line, endedByPeer: boolean): void {
    line.linksEnded = endedByPeer ? line.linksEnded + 1 : 0;
    if (line.linksEnded !== LINKS_ENDED_BY_A_LINE) return;
    const shown = JSON.stringify(line.text.length > 40 ? `${line.text.slice(0, 40)}…` : line.text);
    const remedy = this.#v1.mustKeep(line)
      ? 'its id is one that must be acked, so only a new session goes on without it'
      : 'abort its write to go on without it';
    const message = `the peer has ended ${LINKS_ENDED_BY_A_LINE} links in a row before it acked ${shown}: it may not bear this line, or its program does not read; ${remedy}`;
    this.#emit({ type: 'peer-error', error: new PeerError('ERR_LINE_ENDS_LINKS', message) });
  }

  #arm(now: number): void {
    const link = this.#link;
    if (link === undefined) return;
    const { state, dialect } = link;
    const sending = !link.backPressured;
    this.#deadlines.set('silence', state.silenceAt);
    this.#deadlines.set('keepalive', sending ? dialect.keepaliveAt(now) : Infinity);
    this.#deadlines.set('settle', sending ? state.settlesAt(now) : Infinity);
    this.#deadlines.set('retransmit', sending ? dialect.repeatAt(now) : Infinity);
    if (!this.#deadlines.isDue('silence', now)) link.lastLook = false;
  }

  #emit(event: SessionEvent): void {
    // One event tells of a row of keepalives.
    if (event === KEEPALIVE_HEARD && this.#events.at(-1) === KEEPALIVE_HEARD) return;
    this.#events.push(event);
  }
}

/** Deadlines that mean that something is to be sent: none of them counts while the transport is full. */
const SENDING: readonly DeadlineName[] = ['keepalive', 'settle', 'retransmit'];

const NO_EVENTS: readonly SessionEvent[] = [];

/** What both versions understand, if it is due. */
function keepalive(state: LinkState, now: number): Uint8Array | undefined {
  if (state.keepaliveAt > now) return undefined;
  state.keepaliveSent(now);
  return KEEPALIVE;
}

function lane({ qos = true, wait = true }: WriteFlags): Lane {
  if (!qos) return 'unsafe';
  return wait ? 'ordered' : 'free';
}
