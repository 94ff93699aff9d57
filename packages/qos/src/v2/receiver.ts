/**
 * The receiver's half of version 2 (PROTOCOL-2.md sections 2 and 3). For each epoch of the peer it records up to which
 * number messages have been received and taken. It also computes the window: how many bytes more the peer may send.
 *
 * Terms: an epoch identifies one run of the peer's session; messages are numbered from 1 within it. A message is
 * received when it has come. It is taken when it may be forgotten by the peer: when it was received, read or done,
 * according to `ackWhen`. With a journal both count only once they are stored.
 */
import { utf8Length, type Opening } from '@iot/framing';
import type { SessionParts } from '../dialect.js';
import type { InEntryV2 } from '../entries.js';
import type { Receipt as InboxReceipt, UnreadLine } from '../inbox.js';

/** The record of one epoch of the peer. */
interface EpochRecord {
  readonly epoch: string;
  /**
   * All messages up to `received` have come. All up to `stored` are stored as well; only these are reported to the
   * peer.
   */
  received: number;
  stored: number;
  /** All messages up to this number are taken. */
  taken: number;
  /** Receipts of the lines that have come and are not taken, in order. */
  readonly open: Receipt[];
}

interface Receipt extends InboxReceipt {
  readonly version: 2;
  readonly record: EpochRecord;
  readonly n: number;
}

/** A message that has come and is not stored yet. */
interface Unstored {
  readonly record: EpochRecord;
  readonly n: number;
  readonly place: number;
  /** What it costs of the window, in bytes. */
  readonly cost: number;
}

/** What a checkpoint stores of one epoch of the peer. */
export interface StoredEpoch {
  readonly epoch: string;
  readonly received: number;
  readonly taken: number;
}

/** Number of epochs of the peer that are remembered: another process may use the id in between. */
const EPOCHS = 4;

/** `new`: the message expected next. `duplicate`: it has come before. `gap`: a message before it has not come. */
export type Verdict = 'new' | 'duplicate' | 'gap';

/** Larger limits count as this one. The sum of two still is below 2^53, as each number on the wire must be. */
const MOST_BYTES = 2 ** 51;

export class Receiver {
  readonly #parts: SessionParts;
  /** The record of the epoch met last, and the other records, latest first. */
  #current: EpochRecord | undefined;
  #others: readonly EpochRecord[] = [];
  /** Messages that are not stored yet, in the order in which they came. */
  #unstored: Unstored[] = [];
  /** Bytes left of the window that the peer was granted on this link. */
  #promised = 0;
  /** What a line costs besides its length, and the size of the whole window. */
  readonly lineCost: number;
  readonly #space: number;
  /** What a line of the longest length costs. */
  readonly #longestCost: number;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { maxUnreadBytes, maxUnreadLines, maxLineBytes } = parts.settings;
    const space = Math.min(maxUnreadBytes, MOST_BYTES);
    this.lineCost = Math.ceil(space / maxUnreadLines);
    this.#longestCost = Math.min(maxLineBytes, MOST_BYTES) + this.lineCost;
    this.#space = Math.max(space, this.#longestCost);
  }

  /** The peer's epoch that this end has met last. */
  get peerEpoch(): string | undefined {
    return this.#current?.epoch;
  }

  /** Of that epoch: all messages up to this one are taken, and stored. */
  get taken(): number {
    return Math.min(this.#current?.taken ?? 0, this.received);
  }

  get received(): number {
    return this.#current?.stored ?? 0;
  }

  /** Of that epoch: all messages up to this one have come; perhaps not all are stored. */
  get came(): number {
    return this.#current?.received ?? 0;
  }

  /** Bytes that the peer may send beyond `received`. It is never less than what the peer was granted on this link. */
  get window(): number {
    const { inbox } = this.#parts;
    const used = inbox.bytes + inbox.size * this.lineCost;
    return Math.max(this.#space - used, this.#promised, 0) + this.#unstoredCost;
  }

  /**
   * True when the window has grown so much since `said` was sent that the peer must be informed before the next ack or
   * keepalive: by half of the whole window, or so that it takes a longest line again.
   */
  isWorthSaying(said: number): boolean {
    const { window } = this;
    return window - said >= this.#space / 2 || (said < this.#longestCost && window >= this.#longestCost);
  }

  /** This window is being sent to the peer. */
  promise(window: number): void {
    this.#promised = window - this.#unstoredCost;
  }

  linkOpened(): void {
    this.#promised = 0;
  }

  /**
   * The peer's opening line has come. Returns true when the peer has settled messages of this epoch that have not come
   * here.
   */
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

  /** Accepts the expected message. Returns false when the peer was not allowed to send it: it exceeds the window. */
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
   * Drops the expected message, because it could not be read: it must not block those after it. Returns false when the
   * peer was not allowed to send it. Its real cost is not known, so only the least possible cost is counted; it takes
   * no memory.
   */
  drop(n: number): boolean {
    const record = this.#current;
    if (record === undefined || this.#promised < this.lineCost) return false;
    this.#promised -= this.lineCost;
    this.#came(record, n, null, this.#parts.settings.dateNow(), this.lineCost);
    this.#take(record);
    return true;
  }

  /** Accepts a message without a number. Returns false when there is no space for it. */
  receiveUnsafe(text: string, bytes: number): boolean {
    const { inbox, counts, settings } = this.#parts;
    const used = inbox.bytes + inbox.size * this.lineCost;
    if (used + bytes + this.lineCost > this.#space) return false;
    counts.received += 1;
    const receipt = { version: 2, held: true, place: 0 } as const;
    inbox.push({ text, bytes, receipt, at: settings.dateNow(), place: 0, redelivered: false });
    return true;
  }

  /** The application has read these lines, or is done with them. */
  released(receipts: readonly InboxReceipt[]): void {
    for (const receipt of receipts) if (isNumbered(receipt)) this.#take(receipt.record);
  }

  /** More entries of the journal are stored. */
  stored(): void {
    const { journal } = this.#parts;
    if (journal === undefined) return;
    const left = this.#unstored.findIndex(({ place }) => !journal.isStored(place));
    for (const { record, n } of this.#unstored.splice(0, left < 0 ? Infinity : left)) record.stored = n;
    for (const record of this.#records) this.#take(record);
  }

  /**
   * The records for a checkpoint. Messages that are not stored yet are included, because they are stored together with
   * it.
   */
  snapshot(): StoredEpoch[] {
    return this.#records.map((record) => {
      const { epoch, received, open } = record;
      const held = open.find((receipt) => receipt.held);
      return { epoch, received, taken: takenBefore(record, held) };
    });
  }

  /**
   * Restores the records of a checkpoint. @param epochs the epoch met last comes first; unread lines follow by
   * `replayUnread`
   */
  restore(epochs: readonly StoredEpoch[]): void {
    const [current, ...others] = epochs.map((stored) => ({ ...stored, stored: stored.received, open: [] }));
    this.#current = current;
    this.#others = others;
  }

  /** Replays an entry: a message of the peer had come before the process died. */
  replay({ epoch, number, line, at }: InEntryV2, place: number, done: boolean): void {
    const record = this.#meet(epoch, number - 1);
    record.received = record.stored = number;
    if (line !== null && done) this.#await(record, number, place).held = false;
    else if (line !== null)
      this.#deliver(record, { text: line, bytes: utf8Length(line), at, place, redelivered: true });
    this.#take(record);
  }

  /** Restores an unread line of a checkpoint, with its number. */
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

  /** Returns the record of this epoch, which from now on is the one met last. */
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

  /** Records that this message has come. Returns the place of its entry in the log. */
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
    // All fields are named, because an object copied by spread is slower, and one is made for each line.
    this.#parts.inbox.push({ text, bytes, receipt, at, place, redelivered });
    if (this.#parts.settings.ackWhen === 'received') receipt.held = false;
    this.#take(record);
  }

  /** Adds the receipt of a line that is to be taken later. */
  #await(record: EpochRecord, n: number, place: number): Receipt {
    const receipt: Receipt = { version: 2, record, n, held: true, place };
    record.open.push(receipt);
    return receipt;
  }

  /**
   * Moves `taken` over the lines that are released, once that is stored. Malformed messages were dropped and have no
   * receipt.
   */
  #take(record: EpochRecord): void {
    const { open } = record;
    const { journal } = this.#parts;
    while (open[0]?.held === false && journal?.isStored(open[0].place) !== false) open.shift();
    record.taken = takenBefore(record, open[0]);
  }
}

/**
 * All messages before this line are taken; all that have come if there is none. `taken` never decreases: lines of an
 * earlier process may be taken and not done.
 */
function takenBefore({ taken, received }: EpochRecord, line: Receipt | undefined): number {
  return Math.max(taken, line === undefined ? received : line.n - 1);
}

function newRecord(epoch: string, base: number): EpochRecord {
  return { epoch, taken: base, received: base, stored: base, open: [] };
}

export function isNumbered(receipt: InboxReceipt): receipt is Receipt {
  return receipt.version === 2 && 'n' in receipt;
}
