/** Version 1 of the wire, as boards speak it (PROTOCOL.md): one half that sends, one that receives, and their frames. */
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

/** What is stored of version 1. */
export interface StoredV1 {
  readonly outbox: StoredOutbox;
  readonly window: StoredWindow;
}

const V2_NOT_DUE = 'a line of version 2 where none is due';

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

  /** True once a message went either way in this version. */
  get hasCarried(): boolean {
    return this.#outbox.hasSent || this.#receiver.hasReceived;
  }

  /** An ack is due: its sender may hang without it. */
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

  /** As it was stored. @param lines all that are waited for or pending, by ticket */
  restore({ outbox, window }: StoredV1, lines: ReadonlyMap<number, Line>): void {
    for (const { n, ticket, released } of outbox.pending)
      this.#outbox.restore(n, lines.get(ticket), released);
    this.#outbox.restoreCount(outbox.count);
    this.#receiver.restore(window);
  }

  /** What happened after that. */
  get replay(): { readonly outbox: Outbox; readonly receiver: Receiver } {
    return { outbox: this.#outbox, receiver: this.#receiver };
  }

  /** The lines that are pending, also those that are not waited for. */
  pending(): Line[] {
    return this.#outbox.lines();
  }

  surrender(): Line[] {
    return this.#outbox.surrender();
  }

  /** What was sent first on this link has not been read by the peer: it is as if it had not been sent. */
  unsend(): Line[] {
    return this.#outbox.unsend();
  }

  has(line: Line): boolean {
    return this.#outbox.idOf(line) !== undefined;
  }

  /** True for a line that cannot be given up, even where it ends links. */
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

  /** One write, of one TCP segment (PROTOCOL.md, Kindness to an original). */
  takeOutput(now: number): Uint8Array | undefined {
    if (this.#link === undefined) return undefined;
    const batch = new OutputBatch();
    this.#receiver.sendAcks((id) => batch.addAck(id), now);
    this.#addMessages(batch, this.#link.of.state, now);
    return batch.bytes();
  }

  /**
   * The link's first keepalive; then what is repeated, a keepalive if one is due, and what is new. Repeats come before
   * later keepalives since a keepalive without them shows the peer that none is needed.
   */
  #addMessages(batch: OutputBatch, link: LinkState, now: number): void {
    const { counts, events } = this.#parts;
    for (;;) {
      const due = link.mayTalk(now) ? this.#outbox.peek(now) : undefined;
      // A keepalive goes after the lines that are due, and these may wait for the ack of a repeat.
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
