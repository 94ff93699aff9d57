/**
 * The receiver's half of version 2 (PROTOCOL-2.md sections 2 and 3): of each run of the peer's session, how far its
 * messages have come and been taken; and how much more may come.
 */
import { utf8Length, type Opening } from '@iot/framing';
import type { SessionParts } from '../dialect.js';
import type { InEntryV2 } from '../entries.js';
import type { Receipt as InboxReceipt, UnreadLine } from '../inbox.js';

/** What this end has of one run of the peer's. */
interface EpochRecord {
  readonly epoch: string;
  /** All up to it has come, and is stored; only what is stored is reported to the peer. */
  received: number;
  stored: number;
  /** All up to it is taken. */
  taken: number;
  /** Of the lines that have come and are not taken, in their order. */
  readonly open: Receipt[];
}

interface Receipt extends InboxReceipt {
  readonly version: 2;
  readonly record: EpochRecord;
  readonly n: number;
}

/** What has come and is not stored. */
interface Unstored {
  readonly record: EpochRecord;
  readonly n: number;
  readonly place: number;
  /** What it counts of the window. */
  readonly cost: number;
}

/** What is stored of one run of the peer's. */
export interface StoredEpoch {
  readonly epoch: string;
  readonly received: number;
  readonly taken: number;
}

/** Runs of the peer that are remembered: another process may use the id in between. */
const EPOCHS = 4;

/** `gap`: one before it has not come. */
export type Verdict = 'new' | 'duplicate' | 'gap';

/** Limits beyond it are none, and sums of two stay below 2^53, as every number on the wire. */
const MOST_BYTES = 2 ** 51;

export class Receiver {
  readonly #parts: SessionParts;
  /** The one met last, and the others, the latest first. */
  #current: EpochRecord | undefined;
  #others: readonly EpochRecord[] = [];
  /** In the order in which it came. */
  #unstored: Unstored[] = [];
  /** What is left of the space that the peer was granted on this link. */
  #promised = 0;
  /** What a line costs beside its length, and the whole space. */
  readonly lineCost: number;
  readonly #space: number;
  /** What a longest line costs. */
  readonly #longestCost: number;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { maxUnreadBytes, maxUnreadLines, maxLineBytes } = parts.settings;
    const space = Math.min(maxUnreadBytes, MOST_BYTES);
    this.lineCost = Math.ceil(space / maxUnreadLines);
    this.#longestCost = Math.min(maxLineBytes, MOST_BYTES) + this.lineCost;
    this.#space = Math.max(space, this.#longestCost);
  }

  /** The peer's run that this end has met last. */
  get peerEpoch(): string | undefined {
    return this.#current?.epoch;
  }

  /** Of that run: all messages up to this one are taken, and have come and are stored. */
  get taken(): number {
    return Math.min(this.#current?.taken ?? 0, this.received);
  }

  get received(): number {
    return this.#current?.stored ?? 0;
  }

  /** All up to this one have come. */
  get came(): number {
    return this.#current?.received ?? 0;
  }

  /** How much more may come beyond `received`: never less than what the peer was granted on this link. */
  get window(): number {
    const { inbox } = this.#parts;
    const used = inbox.bytes + inbox.size * this.lineCost;
    return Math.max(this.#space - used, this.#promised, 0) + this.#unstoredCost;
  }

  /**
   * The window has grown so much since this was said that the peer is to hear of it before the next ack or keepalive: by half
   * of all, or so that it takes a longest line and did not.
   */
  isWorthSaying(said: number): boolean {
    const { window } = this;
    return window - said >= this.#space / 2 || (said < this.#longestCost && window >= this.#longestCost);
  }

  /** This window has been sent to the peer. */
  promise(window: number): void {
    this.#promised = window - this.#unstoredCost;
  }

  linkOpened(): void {
    this.#promised = 0;
  }

  /** The peer says which run it is. True when it has settled messages elsewhere that this end has not got. */
  met({ epoch, base }: Opening): boolean {
    const record = this.#meet(epoch, base);
    const jumps = base > record.received;
    if (jumps) record.taken = record.received = record.stored = base;
    return jumps;
  }

  classify(n: number): Verdict {
    const expected = this.came + 1;
    if (n === expected) return 'new';
    return n < expected ? 'duplicate' : 'gap';
  }

  /** Takes in the message that is expected; false when it is more than the peer was allowed to send. */
  receive(n: number, text: string, bytes: number): boolean {
    const record = this.#current;
    const left = this.#promised - bytes - this.lineCost;
    if (record === undefined || left < 0) return false;
    this.#promised = left;
    this.#parts.counts.received += 1;
    const at = this.#parts.settings.dateNow();
    const place = this.#came(record, n, text, at, bytes + this.lineCost);
    this.#deliver(record, { text, bytes, at, place, redelivered: false });
    return true;
  }

  /**
   * The message that is expected cannot be read: it is dropped, so that it does not block what is after it. False when it
   * is more than the peer was allowed to send. What it cost the peer is not known; it takes no space, so no more is counted than
   * the least that it can have cost.
   */
  drop(n: number): boolean {
    const record = this.#current;
    if (record === undefined || this.#promised < this.lineCost) return false;
    this.#promised -= this.lineCost;
    this.#came(record, n, null, this.#parts.settings.dateNow(), this.lineCost);
    this.#take(record);
    return true;
  }

  /** A message without a number; false when there is no space for it. */
  receiveUnsafe(text: string, bytes: number): boolean {
    const { inbox, counts, settings } = this.#parts;
    const used = inbox.bytes + inbox.size * this.lineCost;
    if (used + bytes + this.lineCost > this.#space) return false;
    counts.received += 1;
    const receipt = { version: 2, held: true, place: 0 } as const;
    inbox.push({ text, bytes, receipt, at: settings.dateNow(), place: 0, redelivered: false });
    return true;
  }

  /** The application has taken these lines. */
  released(receipts: readonly InboxReceipt[]): void {
    for (const receipt of receipts) if (isNumbered(receipt)) this.#take(receipt.record);
  }

  /** More of the journal is stored. */
  stored(): void {
    const { journal } = this.#parts;
    if (journal === undefined) return;
    const left = this.#unstored.findIndex(({ place }) => !journal.isStored(place));
    for (const { record, n } of this.#unstored.splice(0, left < 0 ? Infinity : left)) record.stored = n;
    for (const record of this.#records) this.#take(record);
  }

  /** What is not stored yet is stored with it. */
  snapshot(): StoredEpoch[] {
    return this.#records.map((record) => {
      const { epoch, received, open } = record;
      const held = open.find((receipt) => receipt.held);
      return { epoch, received, taken: takenBefore(record, held) };
    });
  }

  /** @param epochs as in a snapshot; its lines come after it */
  restore(epochs: readonly StoredEpoch[]): void {
    const [current, ...others] = epochs.map((stored) => ({ ...stored, stored: stored.received, open: [] }));
    this.#current = current;
    this.#others = others;
  }

  /** A message of the peer had come before the process died. */
  replay({ epoch, number, line, at }: InEntryV2, place: number, done: boolean): void {
    const record = this.#meet(epoch, number - 1);
    record.received = record.stored = number;
    if (line !== null && done) this.#await(record, number, place).held = false;
    else if (line !== null)
      this.#deliver(record, { text: line, bytes: utf8Length(line), at, place, redelivered: true });
    this.#take(record);
  }

  /** A line that was in a snapshot, with its number. */
  replayUnread(epoch: string, n: number, line: Omit<UnreadLine, 'receipt'>): void {
    const record = this.#records.find((each) => each.epoch === epoch);
    this.#deliver(record ?? newRecord(epoch, n), line, n);
  }

  get #records(): EpochRecord[] {
    return this.#current === undefined ? [] : [this.#current, ...this.#others];
  }

  get #unstoredCost(): number {
    let sum = 0;
    for (const { record, cost } of this.#unstored) if (record === this.#current) sum += cost;
    return sum;
  }

  /** The record of this run, which is the one met last from now on. */
  #meet(epoch: string, base: number): EpochRecord {
    const known = this.#records.find((each) => each.epoch === epoch);
    const record = known ?? newRecord(epoch, base);
    if (this.#current !== undefined && this.#current !== record) {
      const others = this.#records.filter((other) => other !== record);
      this.#others = others.slice(0, EPOCHS - 1);
    }
    this.#current = record;
    return record;
  }

  /** This message has come; the place of its entry. */
  #came(record: EpochRecord, number: number, line: string | null, at: number, cost: number): number {
    const { journal } = this.#parts;
    record.received = number;
    if (journal === undefined) record.stored = number;
    const { epoch } = record;
    const place = journal?.add({ kind: 'in', version: 2, epoch, number, line, at }) ?? 0;
    if (journal !== undefined) this.#unstored.push({ record, n: number, place, cost });
    return place;
  }

  #deliver(record: EpochRecord, line: Omit<UnreadLine, 'receipt'>, n = record.received): void {
    const { text, bytes, at, place, redelivered } = line;
    const receipt = this.#await(record, n, place);
    // All fields by name: a copy by spread is a slower object, and this is made for each line.
    this.#parts.inbox.push({ text, bytes, receipt, at, place, redelivered });
    if (this.#parts.settings.ackWhen === 'received') receipt.held = false;
    this.#take(record);
  }

  /** A line that is to be taken. */
  #await(record: EpochRecord, n: number, place: number): Receipt {
    const receipt: Receipt = { version: 2, record, n, held: true, place };
    record.open.push(receipt);
    return receipt;
  }

  /** Moves on over lines that are taken, once that is stored; bad lines were dropped, and have no receipt. */
  #take(record: EpochRecord): void {
    const { open } = record;
    const { journal } = this.#parts;
    while (open[0]?.held === false && journal?.isStored(open[0].place) !== false) open.shift();
    record.taken = takenBefore(record, open[0]);
  }
}

/** All before this line, or all that have come without it, are taken. Lines of an earlier process may be taken and not done. */
function takenBefore({ taken, received }: EpochRecord, line: Receipt | undefined): number {
  return Math.max(taken, line === undefined ? received : line.n - 1);
}

function newRecord(epoch: string, base: number): EpochRecord {
  return { epoch, taken: base, received: base, stored: base, open: [] };
}

export function isNumbered(receipt: InboxReceipt): receipt is Receipt {
  return receipt.version === 2 && 'n' in receipt;
}
