/**
 * The receiver's half of a session (PROTOCOL.md section 3, The receiver): which messages are new, what the application
 * reads, and which ids are to be acked.
 */
import type { Frame } from '@iot/framing';
import type { SessionParts } from '../dialect.js';
import type { AgainEntry, InEntryV1, Zero } from '../entries.js';
import type { Receipt as InboxReceipt, UnreadLine } from '../inbox.js';
import { DeferredAcks } from './deferred-acks.js';
import { DedupWindow, fingerprint, type Receipt, type StoredWindow, type Verdict } from './dedup-window.js';
import { LONG_LINE_BYTES } from './repeat-timer.js';

type Message = Frame & { type: 'message' };

/** The id and the newline of a message. */
const FRAMING_BYTES = 3;

export class Receiver {
  readonly #parts: SessionParts;
  readonly #timeoutMs: number;
  readonly #window: DedupWindow;
  readonly #deferredAcks: DeferredAcks;
  /** Ids to ack, in the order in which they became due, each with the place in the journal of what is to be stored before. */
  readonly #acks = new Map<number, number>();
  #linkOpen = false;
  #hasReceived = false;
  /** An id 0 that is a repeat or the first line of a restarted sender, and when it came on this link. */
  #undecided: { readonly message: Message; readonly at: number } | undefined;

  constructor(parts: SessionParts) {
    const { timeout } = parts.settings;
    this.#parts = parts;
    this.#timeoutMs = timeout;
    this.#window = new DedupWindow(timeout);
    this.#deferredAcks = new DeferredAcks(timeout);
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

  /** A chunk is about to be read; nothing was read at `heldOffAt`. */
  bytesCame(now: number, heldOffAt: number): void {
    this.#window.read(now, heldOffAt);
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
    if (verdict === 'duplicate') return this.#acceptRepeat(id);
    this.#window.came(id, verdict);
    if (verdict === 'undecided') this.#undecided ??= { message, at: now };
    else this.#accept(message, verdict, now);
  }

  /** This id is to be acked. */
  ack(id: number): void {
    this.#acks.set(id, this.#window.get(id)?.place ?? 0);
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

  /** Hands out the ids to ack whose lines are stored, until `send` takes no more. */
  sendAcks(send: (id: number) => boolean, now: number): void {
    const { journal } = this.#parts;
    for (const [id, place] of this.#acks) {
      if (journal?.isStored(place) === false) continue;
      if (!send(id)) return;
      this.#acks.delete(id);
      this.#window.acked(id, now);
    }
  }

  snapshot(): StoredWindow {
    return { ...this.#window.snapshot(), zero: this.#storedZero };
  }

  restore(window: StoredWindow): void {
    this.#hasReceived = true;
    this.#window.restore(window);
  }

  /** A line was received, or one came again, before the process died: the receipt of that line. */
  replay(entry: InEntryV1 | AgainEntry): Receipt | undefined {
    const { id, link, zero } = entry;
    this.#hasReceived = true;
    this.#window.replays(link);
    let receipt: Receipt | undefined;
    if (entry.kind === 'again') this.#window.came(id, 'duplicate');
    else {
      this.#window.came(id, entry.restarted ? 'restarted' : 'new');
      receipt = this.#window.receive(id, entry.fingerprint);
    }
    this.#window.restoreZero(zero);
    return receipt;
  }

  /** All has been replayed. */
  restored(): void {
    // Stored as done: its ack may have gone out, and was stored as one that had not.
    if (this.#window.get(0)?.held === false) this.#window.zeroMayBeAcked();
  }

  /** The id of the line with this receipt, if the record still has it. */
  idOf(receipt: InboxReceipt): number | undefined {
    return isOfVersion1(receipt) && this.#window.get(receipt.id) === receipt ? receipt.id : undefined;
  }

  /** The receipt of a line that was stored with a snapshot. */
  receiptOf(id: number): Receipt | undefined {
    return this.#window.get(id);
  }

  /**
   * How far id 0 will have come for a later process. Nothing is stored when an ack goes out: it may have, once the line is
   * stored, unless the application has to say first that it has done with the line.
   */
  get #storedZero(): Zero {
    const { zero } = this.#window;
    return zero === 'received' && this.#parts.settings.ackWhen !== 'done' ? 'acked' : zero;
  }

  #accept({ id, text, bytes }: Message, verdict: Verdict, now: number): void {
    const { inbox, counts, journal, settings } = this.#parts;
    if (id === 0) this.#undecided = undefined;
    if (!inbox.hasSpace(bytes)) return this.#deferredAcks.add(id);
    counts.received += 1;
    const print = fingerprint(text);
    const receipt = this.#window.receive(id, print);
    this.#window.heard(now);
    const at = settings.dateNow();
    if (journal !== undefined) {
      const { link } = this.#window;
      const zero = this.#storedZero;
      const restarted = verdict === 'restarted';
      const what = { kind: 'in', version: 1, id, fingerprint: print, link, restarted, zero } as const;
      receipt.place = journal.add({ ...what, line: text, at });
    }
    const line: UnreadLine = { text, bytes, receipt, at, place: receipt.place, redelivered: false };
    this.released(inbox.push(line));
  }

  #acceptRepeat(id: number): void {
    const { counts, journal } = this.#parts;
    const { link, zero } = this.#window;
    counts.duplicatesDropped += 1;
    const moved = this.#window.get(id)?.link !== link;
    this.#window.came(id, 'duplicate');
    if (moved || zero !== this.#window.zero)
      journal?.addLater({ kind: 'again', id, link, zero: this.#storedZero });
    if (this.#window.get(id)?.held === false) this.ack(id);
  }

  /** Another message came after the undecided id 0, which has no ack: its sender repeats, and does not wait for acks. */
  #decideRepeat(): void {
    if (this.#undecided === undefined) return;
    this.#undecided = undefined;
    this.#acceptRepeat(0);
  }

  /**
   * A keepalive came after the undecided id 0 and nothing else did: its sender has restarted. An original server that does
   * not wait sends its repeats up to a tenth of a timeout apart, and a keepalive may come between them. What is read late may
   * have been sent right after the other.
   */
  #decideRestart(now: number): void {
    if (this.#undecided === undefined) return;
    const { message, at } = this.#undecided;
    if (now < Math.max(at, this.#window.onTimeSince) + this.#timeoutMs / 4) return;
    this.#window.came(0, 'restarted');
    this.#accept(message, 'restarted', now);
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
  return receipt.version === 1 && 'id' in receipt;
}
