/**
 * One session: the relation with one peer id. Bytes and the time go in; lines, bytes to send and the next deadline come
 * out (PROTOCOL.md sections 2 to 4). It outlives its links, of which it has at most one at a time.
 *
 * The owner calls, in any order: `open` when a link begins, `receive` for what comes, `linkClosed` when the transport is
 * gone, `tick` when `nextDeadline` has come, `write`, `withdraw` and `read` for the application; and after each of them
 * it takes the events, writes out what `takeOutput` returns, one write a call, until that is undefined or the transport
 * is full, and closes the transport when `linkOpen` has become false.
 */
import { Decoder, encodeHello, PeerError, type Frame } from '@iot/framing';
import { ProtocolViolations } from './protocol-violations.js';
import { Deadlines, type DeadlineName } from './deadlines.js';
import type { LinkEnd, SessionEvent, SessionStats } from './events.js';
import { LinkState } from './link-state.js';
import { idOf, isKeeper } from './message-id.js';
import { sessionSettings, type SessionOptions, type SessionSettings } from './options.js';
import { Outbox, type Lane, type Outgoing } from './outbox.js';
import { Receiver } from './receiver.js';
import { RoundTrip } from './round-trip.js';
import { OutputBatch } from './output-batch.js';

/** How a line is to be sent; both are true unless told otherwise (PROTOCOL.md section 3). */
export interface WriteFlags {
  /** Repeat until acked. */
  readonly qos?: boolean | undefined;
  /** Do not send before every earlier waiting line is acked. */
  readonly wait?: boolean | undefined;
}

/** Links in a row that one unacked line may see ended by the peer before it is reported. */
const LINKS_ENDED_BY_A_LINE = 3;

export class Session {
  readonly settings: SessionSettings;
  readonly #outbox: Outbox;
  readonly #receiver: Receiver;
  readonly #violations = new ProtocolViolations();
  readonly #roundTrip: RoundTrip;
  readonly #deadlines = new Deadlines();
  readonly #counts = { sent: 0, retransmitted: 0, outages: 0, protocolErrors: 0 };
  #events: SessionEvent[] = [];
  #link: LinkState | undefined;
  #decoder: Decoder | undefined;
  /** Bytes that go out before all else: the hello. */
  #prologue: Uint8Array | undefined;
  #backPressured = false;
  /** The peer has been silent for too long, and there is one more look at what has come. */
  #lastLook = false;
  #tickets = 0;

  /** @throws UsageError `ERR_BAD_OPTION`. */
  constructor(options: SessionOptions) {
    this.settings = sessionSettings(options);
    const timeoutMs = this.settings.timeout;
    this.#outbox = new Outbox({ ...this.settings, timeoutMs });
    this.#receiver = new Receiver(this.settings, timeoutMs);
    this.#roundTrip = new RoundTrip(this.settings);
  }

  /** True from `open` until the link has ended, by whichever end. */
  get linkOpen(): boolean {
    return this.#link !== undefined;
  }

  get up(): boolean {
    return this.#link?.up ?? false;
  }

  get stats(): SessionStats {
    return { ...this.#counts, ...this.#receiver.counts };
  }

  /** Lines received and not yet read. */
  get unread(): number {
    return this.#receiver.unread;
  }

  /** Lines written and not yet sent, with these flags. */
  unsent(flags: WriteFlags = {}): number {
    return this.#outbox.queued(lane(flags));
  }

  /** Messages sent that are repeated until acked. */
  get unacked(): number {
    return this.#outbox.pending;
  }

  /** A link begins: a client has connected, a server has read the hello. */
  open(now: number): void {
    this.#link = new LinkState(this.settings, now);
    this.#decoder = new Decoder(this.settings.maxLineBytes);
    if (this.settings.role === 'client') this.#prologue = encodeHello(this.settings.id);
    this.#receiver.linkOpened(now);
    this.#outbox.linkOpened();
    this.#roundTrip.linkOpened(now);
    if (this.#link.up) this.#cameUp(now);
    this.#arm(now);
  }

  /** Bytes came on the link. */
  receive(chunk: Uint8Array, now: number): void {
    if (this.#link === undefined || this.#decoder === undefined || chunk.length === 0) return;
    if (this.#link.heard(now)) {
      this.#roundTrip.answered();
      this.#cameUp(now);
    }
    this.#receiver.bytesCame(now);
    this.#decoder.push(chunk);
    for (let frame = this.#decoder.next(); frame !== undefined; frame = this.#decoder.next()) {
      this.#handle(frame, now);
      if (!this.linkOpen) return;
    }
    if (this.#decoder.midLine) this.#receiver.lineBegan(now);
    this.#arm(now);
  }

  /** The transport is gone, or (`closed`) given up at this end. */
  linkClosed(now: number, how: 'closed' | 'fin' | 'reset'): void {
    if (this.linkOpen) this.#endLink(how, now);
  }

  /** A deadline has come. */
  tick(now: number): void {
    if (this.#link === undefined) return;
    if (this.#deadlines.isDue('silence', now)) {
      // Judge the peer only at the second look: a process that was busy finds its peer's bytes waiting, not its peer dead.
      if (this.#lastLook) this.#endLink(this.#link.up ? 'silence' : 'no-first-byte', now);
      else this.#lastLook = true;
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
    return this.#link?.lastHeardAt;
  }

  /** Makes a keepalive due now: a host that has rebooted answers it with a reset (PROTOCOL.md section 5). */
  probe(now: number): void {
    this.#link?.hurryKeepalive(now);
  }

  /** The transport takes no more for now, or takes more again; nothing is repeated in between. */
  backPressure(on: boolean): void {
    this.#backPressured = on;
    if (!on) return;
    for (const name of SENDING) this.#deadlines.set(name, Infinity);
  }

  /** Queues a line, already checked by `checkLine` and not empty; the ticket comes back in its `settled` event. */
  write(text: string, flags: WriteFlags = {}): number {
    const ticket = this.#tickets++;
    this.#outbox.add(ticket, text, lane(flags));
    return ticket;
  }

  /** Nobody waits for this write any more. True when it had not been sent, and never will be. */
  withdraw(ticket: number): boolean {
    return this.#outbox.withdraw(ticket);
  }

  /** The next line received, in order. Acks that waited for room become due. */
  read(): string | undefined {
    return this.#receiver.read();
  }

  /** What happened since the last call. */
  takeEvents(): readonly SessionEvent[] {
    if (this.#events.length === 0) return NO_EVENTS;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** The bytes of the next single write to the transport (PROTOCOL.md, Kindness to an original); undefined when none. */
  takeOutput(now: number): Uint8Array | undefined {
    if (this.#link === undefined || this.#backPressured) return undefined;
    if (this.#prologue !== undefined) {
      const hello = this.#prologue;
      this.#prologue = undefined;
      return hello;
    }
    const batch = new OutputBatch();
    this.#receiver.sendAcks((id) => batch.addAck(id), now);
    this.#addMessages(batch, this.#link, now);
    this.#arm(now);
    return batch.bytes();
  }

  /**
   * The link's first keepalive; then what is repeated, a keepalive if one is due, and what is new. Repeats come before
   * later keepalives since a line that comes without them tells the peer that they are not needed.
   */
  #addMessages(batch: OutputBatch, link: LinkState, now: number): void {
    for (;;) {
      const line = link.mayTalk(now) ? this.#outbox.peek(now) : undefined;
      // A keepalive goes behind the lines that are due, and these may wait for the ack of a repeat.
      if (link.greeted && this.#outbox.heldUntil(now) > now) return;
      if (link.keepaliveAt <= now && (line?.n === undefined || !link.greeted)) {
        if (!batch.addKeepalive()) return;
        link.keepaliveSent(now);
      }
      if (line?.frame === undefined || !batch.add(line.frame)) return;
      const repeat = this.#outbox.markSent(line, now);
      this.#counts[repeat ? 'retransmitted' : 'sent'] += 1;
      if (!repeat && line.lane === 'express') this.#emit({ type: 'settled', ticket: line.ticket });
    }
  }

  #handle(frame: Frame, now: number): void {
    if (frame.type === 'ack' || frame.type === 'message') this.#roundTrip.answered();
    switch (frame.type) {
      case 'keepalive':
        this.#receiver.keepaliveCame(now);
        // One event tells of a row of them.
        if (this.#events.at(-1) !== KEEPALIVE_HEARD) this.#emit(KEEPALIVE_HEARD);
        return;
      case 'ack': {
        const line = this.#outbox.acked(frame.id, now);
        if (line !== undefined) this.#emit({ type: 'settled', ticket: line.ticket });
        return;
      }
      case 'message':
        return this.#receiver.messageCame(frame, now);
      case 'malformed':
        this.#counts.protocolErrors += 1;
        this.#emit({ type: 'peer-error', error: frame.error });
        if (!this.#violations.tolerate(frame.id, frame.error.code)) this.#endLink('protocol-error', now);
        else if (frame.id !== undefined) this.#receiver.ack(frame.id);
    }
  }

  #cameUp(now: number): void {
    this.#receiver.linkUp(now);
    this.#emit({ type: 'up' });
  }

  #endLink(reason: LinkEnd, now: number): void {
    const wasUp = this.up;
    this.#link = undefined;
    this.#decoder = undefined;
    this.#prologue = undefined;
    this.#backPressured = false;
    this.#lastLook = false;
    this.#deadlines.clear();
    this.#receiver.linkEnded();
    const oldest = this.#outbox.linkEnded();
    if (wasUp) this.#counts.outages += 1;
    const unanswered = this.#roundTrip.linkEnded(reason, now);
    const error = unanswered ? this.#roundTrip.error : undefined;
    if (error !== undefined) this.#emit({ type: 'peer-error', error });
    if (oldest !== undefined) this.#suspect(oldest, !unanswered && (reason === 'fin' || reason === 'reset'));
    this.#emit({ type: 'down', reason, wasUp });
  }

  /** This line was the oldest unacked when the link ended; if the peer ended it, it may not bear the line. */
  #suspect(line: Outgoing, endedByPeer: boolean): void {
    line.linksEnded = endedByPeer ? line.linksEnded + 1 : 0;
    if (line.linksEnded !== LINKS_ENDED_BY_A_LINE) return;
    const shown = JSON.stringify(line.text.length > 40 ? `${line.text.slice(0, 40)}…` : line.text);
    const remedy = isKeeper(idOf(line.n ?? 0))
      ? 'its id is one that must be acked, so only a new session goes on without it'
      : 'abort its write to go on without it';
    const message = `the peer has ended ${LINKS_ENDED_BY_A_LINE} links in a row before it acked ${shown}: it may not bear this line, or its program does not read; ${remedy}`;
    this.#emit({ type: 'peer-error', error: new PeerError('ERR_LINE_ENDS_LINKS', message) });
  }

  #arm(now: number): void {
    const link = this.#link;
    if (link === undefined) return;
    const sending = !this.#backPressured;
    this.#deadlines.set('silence', link.silenceAt);
    const heldUntil = link.mayTalk(now) && link.greeted ? this.#outbox.heldUntil(now) : -Infinity;
    this.#deadlines.set('keepalive', sending ? Math.max(link.keepaliveAt, heldUntil) : Infinity);
    this.#deadlines.set('settle', sending ? link.settlesAt(now) : Infinity);
    this.#deadlines.set(
      'retransmit',
      sending && link.mayTalk(now) ? this.#outbox.nextRetransmit() : Infinity,
    );
    if (!this.#deadlines.isDue('silence', now)) this.#lastLook = false;
  }

  #emit(event: SessionEvent): void {
    this.#events.push(event);
  }
}

/** Deadlines that mean that something is to be sent: none of them counts while the transport is full. */
const SENDING: readonly DeadlineName[] = ['keepalive', 'settle', 'retransmit'];

const KEEPALIVE_HEARD: SessionEvent = { type: 'keepalive' };

const NO_EVENTS: readonly SessionEvent[] = [];

function lane({ qos = true, wait = true }: WriteFlags): Lane {
  if (!qos) return 'express';
  return wait ? 'ordered' : 'free';
}
