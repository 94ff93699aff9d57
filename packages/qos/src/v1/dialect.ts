/**
 * The dialect of version 1 of the wire, which boards speak (PROTOCOL.md). It decodes what comes on the link, passes
 * acks to the sender's half (`outbox.ts`) and messages to the receiver's half (`receiver.ts`), and encodes what both
 * have to send.
 */
import { Decoder, PeerError, type Frame } from '@iot/framing';
import type { Dialect, DialectLink, SessionParts } from '../dialect.js';
import { KEEPALIVE_HEARD } from '../events.js';
import type { Receipt } from '../inbox.js';
import type { Line } from '../line-queue.js';
import type { LinkState } from '../link-state.js';
import { isKeeper } from './message-id.js';
import type { StoredWindow } from './dedup-window.js';
import { Outbox, type StoredOutbox } from './outbox.js';
import { OutputBatch } from './output-batch.js';
import { ProtocolViolations } from './protocol-violations.js';
import { Receiver } from './receiver.js';
import { isSent } from './sent-line.js';

/** What a checkpoint stores of version 1. */
export interface StoredV1 {
  readonly outbox: StoredOutbox;
  readonly window: StoredWindow;
}

const V2_NOT_DUE = 'a line of version 2 on a link that speaks version 1';

export class DialectV1 implements Dialect {
  readonly #parts: SessionParts;
  readonly #outbox: Outbox;
  readonly #receiver: Receiver;
  readonly #violations = new ProtocolViolations();
  #link: { readonly of: DialectLink; readonly decoder: Decoder } | undefined;

  constructor(parts: SessionParts) {
    const { settings, queue, journal } = parts;
    this.#parts = parts;
    this.#outbox = new Outbox(settings, queue, journal);
    this.#receiver = new Receiver(parts);
  }

  get unacked(): number {
    return this.#outbox.pending;
  }

  /** True once a message was sent or received in this version. */
  get hasCarried(): boolean {
    return this.#outbox.hasSent || this.#receiver.hasReceived;
  }

  /** True when acks must be sent: a sender may hang without them. */
  get owesAcks(): boolean {
    return this.#receiver.owesAcks;
  }

  linkOpened(link: DialectLink, now: number): void {
    this.#link = { of: link, decoder: new Decoder(this.#parts.settings.maxLineBytes) };
    this.#receiver.linkOpened(now);
    this.#outbox.linkOpened();
  }

  linkUp(now: number): void {
    this.#receiver.linkUp(now);
  }

  linkEnded(): Line | undefined {
    this.#link = undefined;
    this.#receiver.linkEnded();
    return this.#outbox.linkEnded()?.line;
  }

  receive(chunk: Uint8Array, now: number): void {
    const link = this.#link;
    if (link === undefined) return;
    const { decoder, of } = link;
    this.#receiver.bytesCame(now, of.state.heldOffAt);
    decoder.push(chunk);
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
      this.#handle(frame, of, now);
      if (this.#link !== link) return;
    }
    if (decoder.midLine) this.#receiver.lineBegan(now);
  }

  withdraw(ticket: number): void {
    this.#outbox.withdraw(ticket);
  }

  released(receipts: readonly Receipt[]): void {
    this.#receiver.released(receipts);
  }

  snapshot(): StoredV1 {
    return { outbox: this.#outbox.snapshot(), window: this.#receiver.snapshot() };
  }

  /** Restores the state of a checkpoint. @param lines all lines written and not acked, by ticket */
  restore({ outbox, window }: StoredV1, lines: ReadonlyMap<number, Line>): void {
    for (const { n, ticket, released } of outbox.pending)
      this.#outbox.restore(n, lines.get(ticket), released);
    this.#outbox.restoreCount(outbox.count);
    this.#receiver.restore(window);
  }

  /** The two halves, which replay the entries after the checkpoint. */
  get replay(): { readonly outbox: Outbox; readonly receiver: Receiver } {
    return { outbox: this.#outbox, receiver: this.#receiver };
  }

  /** All pending lines (sent until acked), also those that no writer waits for. */
  pending(): Line[] {
    return this.#outbox.lines();
  }

  surrender(): Line[] {
    return this.#outbox.surrender();
  }

  /** The peer has read nothing that was sent on this link: lines sent first on it count as unsent. */
  unsend(): Line[] {
    return this.#outbox.unsend();
  }

  has(line: Line): boolean {
    return this.#outbox.idOf(line) !== undefined;
  }

  /** True for a line that must be sent until it is acked, even if the peer ends links over it. */
  mustKeep(line: Line): boolean {
    const id = this.#outbox.idOf(line);
    return id !== undefined && isKeeper(id);
  }

  keepaliveAt(now: number): number {
    const state = this.#link?.of.state;
    if (state === undefined) return Infinity;
    const held = state.mayTalk(now) && state.greeted;
    return held ? Math.max(state.keepaliveAt, this.#outbox.heldUntil(now)) : state.keepaliveAt;
  }

  repeatAt(now: number): number {
    return this.#link?.of.state.mayTalk(now) === true ? this.#outbox.nextRetransmit() : Infinity;
  }

  /** The bytes of one write: at most one TCP segment (PROTOCOL.md, Kindness to an original). */
  takeOutput(now: number): Uint8Array | undefined {
    if (this.#link === undefined) return undefined;
    const batch = new OutputBatch();
    this.#receiver.sendAcks((id) => batch.addAck(id), now);
    this.#addMessages(batch, this.#link.of.state, now);
    return batch.bytes();
  }

  /**
   * Adds the first keepalive of the link; then repeats; then a keepalive, if one is due; then new lines. Repeats are
   * sent before later keepalives, because a keepalive without a repeat before it shows the peer that no repeat is
   * needed.
   */
  #addMessages(batch: OutputBatch, link: LinkState, now: number): void {
    const { counts, events } = this.#parts;
    for (;;) {
      const due = link.mayTalk(now) ? this.#outbox.peek(now) : undefined;
      // A keepalive is sent after the lines that are due, and these may wait for the ack of a repeat.
      if (link.greeted && this.#outbox.heldUntil(now) > now) return;
      if (link.keepaliveAt <= now && (due === undefined || !isSent(due) || !link.greeted)) {
        if (!batch.addKeepalive()) return;
        link.keepaliveSent(now);
      }
      if (due === undefined || !batch.add(due.frame)) return;
      const repeat = this.#outbox.markSent(due, now);
      counts[repeat ? 'retransmitted' : 'sent'] += 1;
      if (!repeat && due.line.lane === 'unsafe') events.emit({ type: 'settled', ticket: due.line.ticket });
    }
  }

  #handle(frame: Frame, link: DialectLink, now: number): void {
    const { events } = this.#parts;
    if (frame.type === 'ack' || frame.type === 'message') link.answered();
    switch (frame.type) {
      case 'keepalive':
        this.#receiver.keepaliveCame(now);
        return events.emit(KEEPALIVE_HEARD);
      case 'ack': {
        const line = this.#outbox.acked(frame.id, now);
        if (line !== undefined) events.emit({ type: 'settled', ticket: line.ticket });
        return;
      }
      case 'message':
        return this.#receiver.messageCame(frame, now);
      case 'version-2':
        if (frame.opening && link.lateOpening(now)) return;
        return this.#malformed(undefined, new PeerError('ERR_BAD_FRAME', V2_NOT_DUE), link, now);
      case 'malformed':
        return this.#malformed(frame.id, frame.error, link, now);
    }
  }

  #malformed(id: number | undefined, error: PeerError, link: DialectLink, now: number): void {
    const { counts, events } = this.#parts;
    counts.protocolErrors += 1;
    events.emit({ type: 'peer-error', error });
    if (!this.#violations.tolerate(id, error.code)) link.end('protocol-error', now);
    else if (id !== undefined) this.#receiver.ack(id);
  }
}
