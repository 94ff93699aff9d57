/**
 * The receiver's half of version 2 (PROTOCOL-2.md sections 2 and 3): of each run of the peer's session, how far its
 * messages have come and been taken; and how much more may come.
 */
import type { Opening } from '@iot/framing';
import type { SessionCounts } from '../dialect.js';
import type { Inbox, Receipt as InboxReceipt } from '../inbox.js';
import type { SessionSettings } from '../options.js';

/** What this end has of one run of the peer's. */
interface EpochRecord {
  readonly epoch: string;
  /** All up to it is taken; all up to it has come. */
  taken: number;
  received: number;
  /** Of the line that came last and was not dropped. */
  last: Receipt | undefined;
}

interface Receipt extends InboxReceipt {
  readonly version: 2;
  readonly record: EpochRecord;
  /** All up to it is taken with the line: bad lines that came right behind it were dropped. */
  n: number;
}

/** Runs of the peer that are remembered: another process may use the id in between. */
const EPOCHS = 4;

/** `gap`: one before it has not come. */
export type Verdict = 'new' | 'duplicate' | 'gap';

/** Limits beyond it are none, and sums of two stay below 2^53, as every number on the wire. */
const MOST_BYTES = 2 ** 51;

export class Receiver {
  readonly #settings: SessionSettings;
  readonly #inbox: Inbox;
  readonly #counts: SessionCounts;
  /** The one met last, and the others, the latest first. */
  #current: EpochRecord | undefined;
  #others: readonly EpochRecord[] = [];
  /** What is left of the room that the peer was told of on this link. */
  #promised = 0;
  /** What a line costs beside its length, and all the room there is. */
  readonly lineCost: number;
  readonly #room: number;
  /** What a longest line costs. */
  readonly #longestCost: number;

  constructor(settings: SessionSettings, inbox: Inbox, counts: SessionCounts) {
    this.#settings = settings;
    this.#inbox = inbox;
    this.#counts = counts;
    const { maxUnreadBytes, maxUnreadLines, maxLineBytes } = settings;
    const space = Math.min(maxUnreadBytes, MOST_BYTES);
    this.lineCost = Math.ceil(space / maxUnreadLines);
    this.#longestCost = Math.min(maxLineBytes, MOST_BYTES) + this.lineCost;
    this.#room = Math.max(space, this.#longestCost);
  }

  /** The peer's run that this end has met last. */
  get peerEpoch(): string | undefined {
    return this.#current?.epoch;
  }

  /** Of that run: all messages up to this one are taken, and have come. */
  get taken(): number {
    return this.#current?.taken ?? 0;
  }

  get received(): number {
    return this.#current?.received ?? 0;
  }

  /** How much more may come beyond `received`: never less than what the peer was told of on this link. */
  get window(): number {
    const used = this.#inbox.bytes + this.#inbox.size * this.lineCost;
    return Math.max(this.#room - used, this.#promised, 0);
  }

  /**
   * The window has grown so much since this was said that the peer is to hear of it before the next ack or keepalive: by half
   * of all, or so that it takes a longest line and did not.
   */
  isWorthSaying(said: number): boolean {
    const { window } = this;
    return window - said >= this.#room / 2 || (said < this.#longestCost && window >= this.#longestCost);
  }

  /** The peer has been told of this window. */
  promise(window: number): void {
    this.#promised = window;
  }

  linkOpened(): void {
    this.#promised = 0;
  }

  /** The peer says which run it is. True when it has settled messages elsewhere that this end has not got. */
  met({ epoch, base }: Opening): boolean {
    const record = this.#recordOf(epoch) ?? { epoch, taken: base, received: base, last: undefined };
    if (this.#current !== undefined && this.#current !== record) {
      const others = [this.#current, ...this.#others].filter((other) => other !== record);
      this.#others = others.slice(0, EPOCHS - 1);
    }
    this.#current = record;
    const jumps = base > record.received;
    if (jumps) record.taken = record.received = base;
    return jumps;
  }

  classify(n: number): Verdict {
    const expected = this.received + 1;
    if (n === expected) return 'new';
    return n < expected ? 'duplicate' : 'gap';
  }

  /** Takes in the message that is expected; false when it is more than the peer was told to send. */
  receive(n: number, text: string, bytes: number): boolean {
    const record = this.#current;
    const left = this.#promised - bytes - this.lineCost;
    if (record === undefined || left < 0) return false;
    record.received = n;
    this.#promised = left;
    this.#counts.received += 1;
    const receipt: Receipt = { version: 2, record, n, held: true };
    record.last = receipt;
    this.#inbox.push({ text, bytes, receipt });
    if (this.#settings.ackWhen === 'received') record.taken = n;
    return true;
  }

  /**
   * The message that is expected cannot be read: it is dropped, so that it does not block what is behind it. False when it
   * is more than the peer was told to send. What it cost the peer is not known; it takes no space, so no more is counted than
   * the least that it can have cost.
   */
  drop(n: number): boolean {
    const record = this.#current;
    if (record === undefined || this.#promised < this.lineCost) return false;
    record.received = n;
    this.#promised -= this.lineCost;
    if (record.last === undefined || record.taken === n - 1) record.taken = n;
    else record.last.n = n;
    return true;
  }

  /** A message without a number; false when there is no room for it. */
  receiveUnsafe(text: string, bytes: number): boolean {
    const used = this.#inbox.bytes + this.#inbox.size * this.lineCost;
    if (used + bytes + this.lineCost > this.#room) return false;
    this.#counts.received += 1;
    this.#inbox.push({ text, bytes, receipt: { version: 2, held: true } });
    return true;
  }

  /** The application has taken these lines. */
  released(receipts: readonly InboxReceipt[]): void {
    if (this.#settings.ackWhen === 'received') return;
    for (const receipt of receipts) {
      if (!isNumbered(receipt)) continue;
      const { record, n } = receipt;
      record.taken = Math.max(record.taken, n);
    }
  }

  #recordOf(epoch: string): EpochRecord | undefined {
    if (this.#current?.epoch === epoch) return this.#current;
    return this.#others.find((other) => other.epoch === epoch);
  }
}

function isNumbered(receipt: InboxReceipt): receipt is Receipt {
  return receipt.version === 2 && 'n' in receipt;
}
