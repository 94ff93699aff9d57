/**
 * The receiver's half of version 1 (PROTOCOL.md section 3, The receiver): it decides which messages are new, puts new
 * lines into the inbox, and collects the ids to ack. `dedup-window.ts` is the record of ids received.
 */
import type { Frame } from '@iot/framing';
import type { SessionParts } from '../dialect.js';
import type { AgainEntry, InEntryV1, Zero } from '../entries.js';
import type { Receipt as InboxReceipt, UnreadLine } from '../inbox.js';
import { DeferredAcks } from './deferred-acks.js';
import { DedupWindow, fingerprint, type Receipt, type StoredWindow, type Verdict } from './dedup-window.js';
import { LONG_LINE_BYTES } from './repeat-timer.js';

type Message = Frame & { type: 'message' };

/** Bytes of a message's frame besides its text: the id and the newline. */
const FRAMING_BYTES = 3;

export class Receiver {
  readonly #parts: SessionParts;
  readonly #timeoutMs: number;
  readonly #window: DedupWindow;
  readonly #deferredAcks: DeferredAcks;
  /**
   * Ids to ack, in the order in which they became due, each with the place of the journal entry that must be stored
   * before the ack is sent.
   */
  readonly #acks = new Map<number, number>();
  #linkOpen = false;
  #hasReceived = false;
  /**
   * A message with id 0 that is either a repeat or the first message of a restarted sender, and when it came on this
   * link.
   */
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

  /** The link has come up. The peer may take a `timeout` from now on until it sends messages. */
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

  /** A chunk is about to be read. `heldOffAt` is when this end last did not read on purpose. */
  bytesCame(now: number, heldOffAt: number): void {
    this.#window.read(now, heldOffAt);
  }

  /** A part of a line has come, which may be a message. */
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

  /** This id must be acked. */
  ack(id: number): void {
    this.#acks.set(id, this.#window.get(id)?.place ?? 0);
  }

  /**
   * These lines may be acked. On the link on which a line came last it is acked at once. On a later link it is acked
   * late: there the sender repeats what it still wants acked, and may have restarted and given the id to another line.
   */
  released(receipts: readonly InboxReceipt[]): void {
    if (!this.#linkOpen) return;
    for (const receipt of receipts) {
      if (!isOfVersion1(receipt) || this.#window.get(receipt.id) !== receipt) continue;
      if (receipt.link === this.#window.link) this.ack(receipt.id);
      else if (this.#window.owes(receipt)) this.#deferredAcks.add(receipt.id, receipt);
    }
  }

  /** Calls `send` for each id to ack whose line is stored, until `send` returns false. */
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

  /**
   * Replays an entry: a line was received, or came again, before the process died. Returns the receipt of a new line.
   */
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

  /** All entries have been replayed. */
  restored(): void {
    // The line of id 0 was done. Its ack may have been sent after its entry was stored, so 0 counts as acked.
    if (this.#window.get(0)?.held === false) this.#window.zeroMayBeAcked();
  }

  /** The id of the line with this receipt, if the record still contains it. */
  idOf(receipt: InboxReceipt): number | undefined {
    return isOfVersion1(receipt) && this.#window.get(receipt.id) === receipt ? receipt.id : undefined;
  }

  /** The receipt of a line that was stored in a checkpoint. */
  receiptOf(id: number): Receipt | undefined {
    return this.#window.get(id);
  }

  /**
   * How far id 0 will have come for the next process. No entry is stored when an ack is sent. So once the line is
   * stored, its ack may have been sent; except with `ackWhen: 'done'`, where the application must call `done` before.
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

  /**
   * Another message has come after the undecided id 0, which has no ack. So its sender does not wait for acks, and the
   * 0 is a repeat.
   */
  #decideRepeat(): void {
    if (this.#undecided === undefined) return;
    this.#undecided = undefined;
    this.#acceptRepeat(0);
  }

  /**
   * A keepalive has come after the undecided id 0, and nothing else: its sender has restarted. An original server that
   * does not wait for acks sends its repeats up to a tenth of a timeout apart, and a keepalive may come between them;
   * so this waits a quarter of a timeout. What is read late may have been sent right after the 0.
   */
  #decideRestart(now: number): void {
    if (this.#undecided === undefined) return;
    const { message, at } = this.#undecided;
    if (now < Math.max(at, this.#window.onTimeSince) + this.#timeoutMs / 4) return;
    this.#window.came(0, 'restarted');
    this.#accept(message, 'restarted', now);
  }

  /** Sends the late acks that are due, except for ids that may be used for another line by now. */
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
