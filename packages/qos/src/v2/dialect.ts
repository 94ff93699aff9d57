/**
 * The dialect of version 2 of the wire, between two ends that both know it (PROTOCOL-2.md). It decodes what comes on
 * the link, passes acks to the sender's half (`sender.ts`) and messages to the receiver's half (`receiver.ts`), and
 * encodes what both have to send.
 *
 * Terms: an epoch identifies one run of a session; messages are numbered from 1 within it. Each end begins a link with
 * an opening line. The ends have met when this end has read the peer's opening line. A message is received when it has
 * come, and taken when it may be forgotten by its sender, whose write is then settled.
 */
import {
  DecoderV2,
  encodeUtf8,
  endLine,
  messageLine,
  PeerError,
  unsafeLine,
  type EndCode,
  type FrameV2,
  type Opening,
  type Standing,
} from '@iot/framing';
import type { Dialect, DialectLink, SessionParts } from '../dialect.js';
import { KEEPALIVE_HEARD } from '../events.js';
import type { Receipt } from '../inbox.js';
import type { Line } from '../line-queue.js';
import { Receiver, type StoredEpoch } from './receiver.js';
import { Sender, type StoredSender } from './sender.js';
import { Statements } from './statements.js';

/** What a checkpoint stores of version 2. */
export interface StoredV2 {
  readonly sender: StoredSender;
  readonly epochs: readonly StoredEpoch[];
}

/**
 * About how many characters of messages are written at once: more than a socket takes at once, and little work for one
 * turn of the event loop.
 */
const BATCH = 64 * 1024;

/** Characters kept of the text in a peer's end line. */
const MOST_TEXT = 200;

const OVER_THE_WINDOW = 'it sent more than its window allows';

/** State that exists only as long as the link. */
interface Link {
  readonly of: DialectLink;
  readonly decoder: DecoderV2;
  readonly statements: Statements;
  /** True once the peer's opening line has come. */
  met: boolean;
  /** True when the server has asked which epoch this client has. */
  asked: boolean;
}

export class DialectV2 implements Dialect {
  readonly #parts: SessionParts;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  #link: Link | undefined;

  constructor(parts: SessionParts, drawEpoch: () => string) {
    this.#parts = parts;
    this.#sender = new Sender(parts.queue, drawEpoch, parts.journal);
    this.#receiver = new Receiver(parts);
  }

  get unacked(): number {
    return this.#sender.pending;
  }

  /** True once the peer's opening line has come on this link. */
  get met(): boolean {
    return this.#link?.met === true;
  }

  /** The opening line as of now. @param unackedV1 number of version 1 messages that are not acked */
  opening(unackedV1: number): Opening {
    return {
      epoch: this.#sender.epoch,
      base: this.#sender.base,
      known: this.#receiver.peerEpoch,
      taken: this.#receiver.taken,
      received: this.#receiver.received,
      window: this.#receiver.window,
      lineCost: this.#receiver.lineCost,
      longest: this.#parts.settings.maxLineBytes,
      unacked: unackedV1,
    };
  }

  /** The peer's epoch that this end has met last. */
  get peerEpoch(): string | undefined {
    return this.#receiver.peerEpoch;
  }

  /** The bytes to write before this end closes the link on purpose: an ack, if there is one to send, and the reason. */
  farewell(code: EndCode, text: string, waitMs: number, now: number): Uint8Array {
    const link = this.#link;
    const standing = link?.met && link.statements.introduced ? this.#standing(link, now) : '';
    return encodeUtf8(standing + endLine(code, text, waitMs));
  }

  linkOpened(link: DialectLink): void {
    const decoder = new DecoderV2(this.#parts.settings.maxLineBytes);
    this.#link = {
      of: link,
      decoder,
      statements: new Statements(this.#receiver),
      met: false,
      asked: false,
    };
    this.#receiver.linkOpened();
  }

  linkEnded(): Line | undefined {
    this.#link = undefined;
    const { suspect } = this.#sender;
    this.#sender.linkEnded();
    return suspect;
  }

  receive(chunk: Uint8Array, now: number): void {
    const link = this.#link;
    if (link === undefined) return;
    const { decoder } = link;
    decoder.push(chunk);
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
      this.#handle(frame, link, now);
      if (this.#link !== link) return;
    }
  }

  withdraw(ticket: number): boolean {
    return this.#sender.withdraw(ticket);
  }

  released(receipts: readonly Receipt[]): void {
    this.#receiver.released(receipts);
  }

  /** The pending lines (sent and not taken) that a writer waits for. */
  lines(): Line[] {
    return this.#sender.lines();
  }

  /** All pending lines, also those that no writer waits for. */
  pending(): Line[] {
    return this.#sender.all();
  }

  has(line: Line): boolean {
    return this.#sender.has(line);
  }

  /** More entries of the journal are stored. */
  stored(): void {
    this.#receiver.stored();
  }

  snapshot(): StoredV2 {
    return { sender: this.#sender.snapshot(), epochs: this.#receiver.snapshot() };
  }

  /** Restores the state of a checkpoint. @param lines all lines written and not acked, by ticket */
  restore({ sender, epochs }: StoredV2, lines: ReadonlyMap<number, Line>): void {
    this.#sender.restore(sender, lines);
    this.#receiver.restore(epochs);
  }

  /** The two halves, which replay the entries after the checkpoint. */
  get replay(): { readonly sender: Sender; readonly receiver: Receiver } {
    return { sender: this.#sender, receiver: this.#receiver };
  }

  /** Makes all lines no longer pending: version 1 sends them. */
  surrender(): void {
    this.#sender.surrender();
  }

  keepaliveAt(): number {
    return this.#link?.of.state.keepaliveAt ?? Infinity;
  }

  repeatAt(): number {
    return Infinity;
  }

  /**
   * All bytes that are due, in one write: first the opening line or an ack, then messages, as far as the peer has
   * space.
   */
  takeOutput(now: number): Uint8Array | undefined {
    const link = this.#link;
    if (link === undefined) return undefined;
    let out = this.#introduction(link, now);
    if (link.met) out += this.#standing(link, now) + this.#messages();
    else if (link.of.state.keepaliveAt <= now) {
      out += '\n';
      link.of.state.keepaliveSent(now);
    }
    return out === '' ? undefined : encodeUtf8(out);
  }

  /** This end's opening line, once. A client sends it only after the server's opening line. */
  #introduction(link: Link, now: number): string {
    const asked = this.#parts.settings.role === 'server' || link.met || link.asked;
    if (link.statements.introduced || !asked) return '';
    link.of.state.keepaliveSent(now);
    return link.statements.introduce(this.opening(link.of.unackedV1));
  }

  #standing(link: Link, now: number): string {
    const { state } = link.of;
    const line = link.statements.standing(this.#sender.sent, state.keepaliveAt <= now);
    if (line !== '') state.keepaliveSent(now);
    return line;
  }

  #messages(): string {
    const { queue, counts, events } = this.#parts;
    let out = '';
    for (
      let line = queue.first('unsafe');
      line !== undefined && out.length < BATCH;
      line = queue.first('unsafe')
    ) {
      queue.remove(line.ticket);
      counts.sent += 1;
      out += unsafeLine(line.text);
      events.emit({ type: 'settled', ticket: line.ticket });
    }
    this.#sender.numberAhead();
    while (out.length < BATCH) {
      const message = this.#sender.take();
      if (message === undefined) break;
      counts[message.repeat ? 'retransmitted' : 'sent'] += 1;
      out += messageLine(message.n, message.text);
    }
    return out;
  }

  #handle(frame: FrameV2, link: Link, now: number): void {
    const { events, counts } = this.#parts;
    if (frame.type === 'keepalive') return events.emit(KEEPALIVE_HEARD);
    if (frame.type === 'end') {
      const { code, text, waitMs } = frame;
      return link.of.end('told', now, { told: { code, text: printable(text), waitMs } });
    }
    if (frame.type === 'opening') return this.#meet(frame.opening, link, now);
    // The line is of version 1, or the peer's opening line was lost. A server answers an offer before it ends the link:
    // without the answer the client would go on in version 1.
    if (!link.met) return link.of.end('version', now, { words: this.#introduction(link, now) });
    link.of.answered();
    switch (frame.type) {
      case 'ack':
        return this.#peerCounts(frame.standing, link.of, now);
      case 'message':
        return this.#message(frame, link, now);
      case 'unsafe':
        if (!this.#receiver.receiveUnsafe(frame.text, frame.bytes)) counts.unsafeDropped += 1;
        return;
      case 'malformed':
        return this.#malformed(frame, link.of, now);
    }
  }

  #meet(opening: Opening, link: Link, now: number): void {
    const { events } = this.#parts;
    // LONGEST 0: a server asks for this client's epoch before it accepts the link (PROTOCOL-2.md section 4).
    if (opening.longest === 0) {
      link.asked = true;
      return;
    }
    if (opening.taken > opening.received) {
      return this.#violation('its opening line has TAKEN above RECEIVED', link.of, now);
    }
    if (!link.of.mayMeet(opening, now)) return;
    link.of.answered();
    const { epoch, base } = opening;
    if (this.#receiver.peerEpoch !== epoch) link.statements.namedAnotherRun(base);
    if (this.#receiver.met(opening)) {
      const message =
        'messages of the peer were acked elsewhere and did not come here: another process has received them, or the store of this end is older';
      events.emit({ type: 'peer-error', error: new PeerError('ERR_LINES_MISSED', message) });
    }
    const settled = this.#sender.met(opening);
    if (settled === 'impossible')
      return this.#gap('the peer has more messages than this end has sent', link.of, now);
    this.#settle(settled);
    link.met = true;
    link.of.met(now);
    // The opening line counts as the peer's first keepalive.
    events.emit(KEEPALIVE_HEARD);
  }

  #peerCounts(standing: Standing, link: DialectLink, now: number): void {
    this.#parts.events.emit(KEEPALIVE_HEARD);
    const settled = this.#sender.acked(standing);
    if (settled === 'impossible') {
      return this.#violation('its ack has more messages than were sent, or fewer than before', link, now);
    }
    this.#settle(settled);
    if (standing.sent > this.#receiver.came) this.#gap('messages are missing', link, now);
  }

  #message({ n, text, bytes }: FrameV2 & { type: 'message' }, link: Link, now: number): void {
    const verdict = this.#receiver.classify(n);
    if (verdict === 'new') {
      if (!this.#receiver.receive(n, text, bytes)) this.#violation(OVER_THE_WINDOW, link.of, now);
      return;
    }
    if (verdict === 'duplicate') {
      this.#parts.counts.duplicatesDropped += 1;
      link.statements.sayAgain();
    } else this.#gap(`message ${n} came too early`, link.of, now);
  }

  /**
   * A malformed message must not block the messages after it. So a message with the expected number is dropped as
   * taken, and one without a number is dropped. Any other malformed line ends the link.
   */
  #malformed({ n, error }: FrameV2 & { type: 'malformed' }, link: DialectLink, now: number): void {
    const { counts, events } = this.#parts;
    counts.protocolErrors += 1;
    events.emit({ type: 'peer-error', error });
    if (n === 'unsafe') {
      counts.unsafeDropped += 1;
      return;
    }
    const verdict = n === undefined ? 'gap' : this.#receiver.classify(n);
    if (verdict === 'new' && n !== undefined) {
      if (!this.#receiver.drop(n)) this.#violation(OVER_THE_WINDOW, link, now);
    } else if (verdict === 'gap') {
      link.end('protocol-error', now, { words: endLine('protocol', error.message) });
    }
  }

  #violation(what: string, link: DialectLink, now: number): void {
    const { counts, events } = this.#parts;
    const error = new PeerError('ERR_BAD_FRAME', `the peer broke version 2: ${what}`);
    counts.protocolErrors += 1;
    events.emit({ type: 'peer-error', error });
    link.end('protocol-error', now, { words: endLine('protocol', what) });
  }

  #gap(what: string, link: DialectLink, now: number): void {
    link.end('gap', now, { words: endLine('gap', what) });
  }

  #settle(lines: readonly Line[]): void {
    for (const { ticket } of lines) this.#parts.events.emit({ type: 'settled', ticket });
  }
}

/** The text is written to errors and logs: control characters are replaced, and it is shortened. */
function printable(text: string): string {
  return text.slice(0, MOST_TEXT).replace(/\p{C}/gu, '?');
}
