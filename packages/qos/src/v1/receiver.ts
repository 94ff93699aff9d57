/**
 * The receiver's half of a session (PROTOCOL.md section 3, The receiver): which messages are new, what the application
 * reads, and which ids are to be acked.
 */
import type { Frame } from '@iot/framing';
import type { SessionCounts } from '../dialect.js';
import type { Inbox, Receipt as InboxReceipt } from '../inbox.js';
import { DeferredAcks } from './deferred-acks.js';
import { DedupWindow, fingerprint, type Receipt } from './dedup-window.js';
import { LONG_LINE_BYTES } from './repeat-timer.js';

type Message = Frame & { type: 'message' };

/** The id and the newline of a message. */
const FRAMING_BYTES = 3;

export class Receiver {
  readonly #timeoutMs: number;
  readonly #window: DedupWindow;
  readonly #inbox: Inbox;
  readonly #deferredAcks: DeferredAcks;
  /** Ids to ack, in the order in which they became due. */
  readonly #acks = new Set<number>();
  readonly #counts: SessionCounts;
  #linkOpen = false;
  #hasReceived = false;
  /** An id 0 that is a repeat or the first line of a restarted sender, and when it came on this link. */
  #undecided: { readonly message: Message; readonly at: number } | undefined;

  constructor(inbox: Inbox, counts: SessionCounts, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#window = new DedupWindow(timeoutMs);
    this.#inbox = inbox;
    this.#counts = counts;
    this.#deferredAcks = new DeferredAcks(timeoutMs);
  }

  /** True once a message has come. */
  get hasReceived(): boolean {
    return this.#hasReceived;
  }

  get owesAcks(): boolean {
    return this.#acks.size > 0;
  }

  linkOpened(now: number): void {
    this.#linkOpen = true;
    this.#window.linkOpened(now);
    for (const receipt of this.#window.owed()) this.#deferredAcks.add(receipt.id, receipt);
  }

  /** The link has come up; from now on it may take the peer a `timeout` to begin with its messages. */
  linkUp(now: number): void {
    this.#window.linkUp(now);
    this.#deferredAcks.heard(now + this.#timeoutMs);
  }

  linkEnded(): void {
    this.#linkOpen = false;
    this.#undecided = undefined;
    this.#acks.clear();
    this.#window.linkEnded();
    this.#deferredAcks.linkEnded();
  }

  /** A chunk is about to be read. */
  bytesCame(now: number): void {
    this.#window.read(now);
  }

  /** A line has begun and not ended: it may be a message. */
  lineBegan(now: number): void {
    this.#deferredAcks.heard(now);
  }

  keepaliveCame(now: number): void {
    this.#window.heard(now);
    this.#decideRestart(now);
    this.#ackLate(now);
  }

  messageCame(message: Message, now: number): void {
    const { id, text } = message;
    this.#hasReceived = true;
    this.#deferredAcks.heard(now);
    this.#deferredAcks.repeated(id);
    if (id !== 0) this.#decideRepeat();
    if (message.bytes + FRAMING_BYTES >= LONG_LINE_BYTES) this.#window.longLineCame();
    const verdict = this.#window.classify(id, fingerprint(text));
    this.#window.came(id, verdict);
    if (verdict === 'duplicate') this.#acceptRepeat(id);
    else if (verdict === 'undecided') this.#undecided ??= { message, at: now };
    else this.#accept(message, now);
  }

  /** This id is to be acked. */
  ack(id: number): void {
    this.#acks.add(id);
  }

  /**
   * These lines may be acked: at once on the link on which they came last. On a later one the sender repeats what it
   * still wants acked, and may have restarted and given the id to another line: there they are acked late.
   */
  released(receipts: readonly InboxReceipt[]): void {
    if (!this.#linkOpen) return;
    for (const receipt of receipts) {
      if (!isOfVersion1(receipt) || this.#window.get(receipt.id) !== receipt) continue;
      if (receipt.link === this.#window.link) this.ack(receipt.id);
      else if (this.#window.owes(receipt)) this.#deferredAcks.add(receipt.id, receipt);
    }
  }

  /** Hands out the ids to ack, until `send` has no room for one. */
  sendAcks(send: (id: number) => boolean, now: number): void {
    for (const id of this.#acks) {
      if (!send(id)) return;
      this.#acks.delete(id);
      this.#window.acked(id, now);
    }
  }

  #accept({ id, text, bytes }: Message, now: number): void {
    if (id === 0) this.#undecided = undefined;
    if (!this.#inbox.hasRoom(bytes)) return this.#deferredAcks.add(id);
    this.#counts.received += 1;
    const receipt = this.#window.receive(id, fingerprint(text));
    this.#window.heard(now);
    this.released(this.#inbox.push({ text, bytes, receipt }));
  }

  #acceptRepeat(id: number): void {
    this.#counts.duplicatesDropped += 1;
    if (this.#window.get(id)?.held === false) this.ack(id);
  }

  /** Another message came behind the undecided id 0, which has no ack: its sender repeats, and does not wait for acks. */
  #decideRepeat(): void {
    if (this.#undecided === undefined) return;
    this.#undecided = undefined;
    this.#window.came(0, 'duplicate');
    this.#acceptRepeat(0);
  }

  /**
   * A keepalive came behind the undecided id 0 and nothing else did: its sender has restarted. An original server that does
   * not wait sends its repeats up to a tenth of a timeout apart, and a keepalive may come between them.
   */
  #decideRestart(now: number): void {
    if (this.#undecided === undefined || now < this.#undecided.at + this.#timeoutMs / 4) return;
    const { message } = this.#undecided;
    this.#window.came(0, 'restarted');
    this.#accept(message, now);
  }

  /** Acks the lines whose sender hangs; not those whose id may be another line by now. */
  #ackLate(now: number): void {
    for (const [id, receipt] of this.#deferredAcks.takeDue(now, this.#window.onTimeSince)) {
      const due =
        receipt === undefined
          ? this.#window.isCurrent(id)
          : this.#window.get(id) === receipt && this.#window.owes(receipt);
      if (due) this.ack(id);
    }
  }
}

function isOfVersion1(receipt: InboxReceipt): receipt is Receipt {
  return receipt.version === 1;
}
