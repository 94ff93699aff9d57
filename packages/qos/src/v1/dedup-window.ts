/**
 * The record of message ids received in version 1. It decides whether a message is new, a repeat, or from a sender that
 * has restarted (PROTOCOL.md section 3, The receiver).
 *
 * The problem: an id has 8 bits and does not say which process of the sender it belongs to. So an id that was received
 * before means either a repeat of that message, or another message of a sender that has restarted.
 *
 * How it works: a sender repeats the same bytes, and only while it has not received the ack. So for each id the record
 * keeps a receipt: a fingerprint (hash) of the text, the link on which the message came last, and whether its ack is
 * proven. An ack is proven when the sender had the time and the means to repeat the message and did not: it must have
 * received the ack. Proof is checked at two times. When a link ends, the messages of this link are checked. When a link
 * has been up for `4 × timeout` (`7 × timeout` if repeats may come late), the messages of earlier links are checked. Id
 * 0 has a rule of its own (`#zero`), because a sender sends nothing else until id 0 is acked.
 *
 * Proof depends on when the sender sent something, but only the time at which it was read is known. Normally the two
 * differ by less than a `timeout`, or the link would have been given up. They differ by more when this process was
 * busy, or did not read because too much was unread: then it reads late what came early. After a gap like that the time
 * for a proof starts again.
 */
import type { Zero } from '../entries.js';
import type { Receipt as InboxReceipt } from '../inbox.js';
import { ahead, earlier, HELD_WINDOW, MAX_SPREAD, WINDOW } from './message-id.js';

/**
 * An ack is proven by what is read this many timeouts after the ack was sent: the sender would have repeated after one.
 */
const PROOF_TIMEOUTS = 2;
/**
 * The same on a link with repeats, as with round trips of more than a `timeout`, or with long lines, which are repeated
 * later. Three, because a sender that lacks the ack hears nothing more and gives the link up after one timeout, and a
 * round trip takes up to two.
 */
const LATE_PROOF_TIMEOUTS = 3;
/**
 * For a message of an earlier link: the ack is proven by what is read this many timeouts after the current link came
 * up. The peer may take two timeouts until its first byte or frame, and a server `settleMs` (at most one timeout) more.
 * Only then it repeats. Until then it sends keepalives.
 */
const LATER_LINK_PROOF_TIMEOUTS = 4;
/** The same when repeats may come late: when a repeat is lost, the next one comes up to 2.5 timeouts later. */
const LATE_LATER_LINK_PROOF_TIMEOUTS = 7;

/** The receipt: what is known of one received id. */
export interface Receipt extends InboxReceipt {
  readonly version: 1;
  readonly id: number;
  readonly fingerprint: number;
  /** The number of the link on which the message came last. */
  link: number;
  /** When the last ack was sent; undefined before that. */
  ackedAt: number | undefined;
  proven: boolean;
}

/**
 * What a message is.
 * - `new`: not received before.
 * - `restarted`: new, and it shows that its sender has restarted.
 * - `duplicate`: a repeat.
 * - `undecided`, for id 0 alone: either a repeat or the first message of a restarted sender. What comes after it
 *   decides.
 */
export type Verdict = 'new' | 'restarted' | 'duplicate' | 'undecided';

/** The record as it is stored in a checkpoint. */
export interface StoredWindow {
  readonly link: number;
  readonly newest: { readonly id: number; readonly link: number } | undefined;
  readonly zeroLink: number;
  readonly zero: Zero;
  readonly receipts: readonly StoredReceipt[];
}

export type StoredReceipt = Pick<Receipt, 'id' | 'fingerprint' | 'link' | 'proven'> & {
  readonly acked: boolean;
};

export class DedupWindow {
  readonly #timeoutMs: number;
  /** The receipts by id; undefined for ids that are not in the record. */
  readonly #receipts: (Receipt | undefined)[] = [];
  #newest: { readonly id: number; readonly link: number } | undefined;
  /** The number of the current link. Receipts with a smaller number are of earlier links. */
  #link = 0;
  #upAt = 0;
  #lastReadAt = 0;
  #lastHeardAt = 0;
  #onTimeSince = 0;
  #earlierProven = false;
  /** True when repeats may come late on the current link. */
  #late = false;
  /** The link on which id 0 came last. Messages of earlier links may be from before the sender restarted. */
  #zeroLink = 0;
  /**
   * How far the sender's id 0 has come:
   * - `unseen`: no 0 has come, or it was refused and acked late.
   * - `refused`: it came, and there was no space for it.
   * - `received`: it was accepted and its ack was not sent yet; nothing else has come from this sender since.
   * - `acked`: its ack was sent; nothing else has come from this sender since.
   * - `waited`: another message came after the ack was sent, as from a sender that waits for the ack of 0.
   * - `did-not-wait`: another message came before the ack was sent.
   */
  #zero: Zero = 'unseen';

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  get link(): number {
    return this.#link;
  }

  get zero(): Zero {
    return this.#zero;
  }

  /** The time since which everything has been read without delay. */
  get onTimeSince(): number {
    return this.#onTimeSince;
  }

  linkOpened(now: number): void {
    this.#link += 1;
    this.#upAt = Infinity;
    this.#lastReadAt = now;
    this.#lastHeardAt = now;
    this.#earlierProven = false;
    this.#late = false;
  }

  /** The current link has come up. */
  linkUp(now: number): void {
    this.#upAt = now;
  }

  /** Bytes are read on the current link. `heldOffAt` is when this end last did not read on purpose. */
  read(now: number, heldOffAt: number): void {
    const late = now - this.#lastReadAt > this.#timeoutMs || heldOffAt >= this.#lastReadAt;
    if (late) this.#onTimeSince = now;
    this.#lastReadAt = now;
  }

  /** A keepalive or a new message has come. A sender sends either only after its repeats. */
  heard(now: number): void {
    this.#lastHeardAt = now;
    const timeouts = this.#late ? LATE_LATER_LINK_PROOF_TIMEOUTS : LATER_LINK_PROOF_TIMEOUTS;
    if (this.#earlierProven || !this.#isLateEnoughFor(this.#upAt, timeouts)) return;
    this.#earlierProven = true;
    for (const receipt of this.#receipts) {
      if (receipt !== undefined && receipt.link !== this.#link) receipt.proven = true;
    }
  }

  /** A line has come that the sender counts as long: it is repeated later. */
  longLineCame(): void {
    this.#late = true;
  }

  linkEnded(): void {
    const timeouts = this.#late ? LATE_PROOF_TIMEOUTS : PROOF_TIMEOUTS;
    for (const receipt of this.#receipts) {
      if (receipt?.ackedAt === undefined || receipt.link !== this.#link) continue;
      if (this.#isLateEnoughFor(receipt.ackedAt, timeouts)) receipt.proven = true;
    }
  }

  /** Classifies a message. Call `came` with the result before any other method. */
  classify(id: number, fingerprint: number): Verdict {
    const receipt = this.#receipts[id];
    if (receipt === undefined) return id === 0 && !this.#mayBeFirstZero() ? 'restarted' : 'new';
    const current = receipt.link === this.#link;
    if (receipt.fingerprint === fingerprint && (current || !receipt.proven)) {
      return id === 0 && !current && this.#zero === 'waited' ? 'undecided' : 'duplicate';
    }
    return current ? 'new' : 'restarted';
  }

  /**
   * A message has come, and this is its verdict; or an undecided message has been decided. A new message moves the
   * window. A duplicate's receipt moves to the current link, and its ack is unproven again. An undecided message
   * changes nothing yet.
   */
  came(id: number, verdict: Verdict): void {
    if (id === 0) this.#zeroLink = this.#link;
    if (verdict === 'restarted') this.#forgetEarlierLinks();
    const receipt = this.#receipts[id];
    if (verdict === 'duplicate' && receipt !== undefined) this.#comesAgain(receipt);
    if (verdict === 'new' || verdict === 'restarted') {
      this.#receipts[id] = undefined;
      this.#advance(id);
      if (id === 0) this.#zero = 'refused';
    }
    if (id === 0) return;
    if (this.#zero === 'received') this.#zero = 'did-not-wait';
    else if (this.#zero === 'acked') this.#zero = 'waited';
  }

  /** Records a new message that was accepted. Its line is held (must not be acked) until it is released. */
  receive(id: number, fingerprint: number): Receipt {
    const receipt: Receipt = {
      version: 1,
      id,
      fingerprint,
      link: this.#link,
      ackedAt: undefined,
      proven: false,
      held: true,
      place: 0,
    };
    this.#receipts[id] = receipt;
    if (id === 0) this.#zero = 'received';
    return receipt;
  }

  /** The ack of this id is sent now. */
  acked(id: number, now: number): void {
    const receipt = this.#receipts[id];
    if (receipt !== undefined) receipt.ackedAt = now;
    if (id !== 0) return;
    if (this.#zero === 'received') this.#zero = 'acked';
    // It was refused and is acked late: the sender is done with it.
    else if (this.#zero === 'refused') this.#zero = 'unseen';
  }

  /** The receipt of this id, if the record still contains it. */
  get(id: number): Receipt | undefined {
    return this.#receipts[id];
  }

  /**
   * True when this line may be acked and was never acked on its link, and its sender may still be the same process. A
   * sender that has restarted sends id 0, and nothing else until that is acked. So this is false for id 0, whose new
   * message may be on its way, and for lines of links before the one on which 0 came last.
   */
  owes({ id, ackedAt, held, link }: Receipt): boolean {
    return !held && ackedAt === undefined && id !== 0 && link >= this.#zeroLink;
  }

  /** The receipts for which `owes` is true. */
  owed(): Receipt[] {
    return this.#receipts.filter((receipt) => receipt !== undefined && this.owes(receipt)) as Receipt[];
  }

  /** Everything except the state of the current link, which ends with the process. */
  snapshot(): StoredWindow {
    const receipts = this.#receipts
      .filter((receipt) => receipt !== undefined)
      .map(({ id, fingerprint, link, proven, ackedAt }) => {
        return { id, fingerprint, link, proven, acked: ackedAt !== undefined };
      });
    const [link, newest, zeroLink, zero] = [this.#link, this.#newest, this.#zeroLink, this.#zero];
    return { link, newest, zeroLink, zero, receipts };
  }

  restore({ link, newest, zeroLink, zero, receipts }: StoredWindow): void {
    this.#link = link;
    this.#newest = newest;
    this.#zeroLink = zeroLink;
    this.#zero = zero;
    for (const { acked, ...receipt } of receipts) {
      const ackedAt = acked ? -Infinity : undefined;
      this.#receipts[receipt.id] = { ...receipt, version: 1, ackedAt, held: false, place: 0 };
    }
  }

  /** Entries stored after the checkpoint are replayed in their order. The next one belongs to this link. */
  replays(link: number): void {
    this.#link = link;
  }

  /** How far id 0 had come after the entry that was replayed. */
  restoreZero(zero: Zero): void {
    this.#zero = zero;
  }

  /**
   * The ack of id 0 may have been sent before the process died, so 0 counts as acked. If the ack was not sent, the
   * sender repeats 0 before anything else, as it does when an ack was lost.
   */
  zeroMayBeAcked(): void {
    if (this.#zero === 'received') this.#zero = 'acked';
  }

  /** Whether the last keepalive or new message was sent so late that a repeat would have come before it. */
  #isLateEnoughFor(time: number, timeouts: number): boolean {
    return this.#lastHeardAt >= Math.max(time, this.#onTimeSince) + timeouts * this.#timeoutMs;
  }

  /** True when this id has been seen, and its sender cannot have given it to another message since. */
  isCurrent(id: number): boolean {
    return this.#newest !== undefined && ahead(this.#newest.id, id) <= 0;
  }

  /** For an id 0 that is not in the record: whether it can be one that was refused and is now sent again. */
  #mayBeFirstZero(): boolean {
    if (this.#newest === undefined) return true;
    return this.#zero === 'refused' && this.#newest.id % 255 <= MAX_SPREAD;
  }

  #comesAgain(receipt: Receipt): void {
    if (receipt.link === this.#link) this.#late = true;
    receipt.link = this.#link;
    receipt.ackedAt = undefined;
    receipt.proven = false;
  }

  /** The sender has restarted: what it sent on earlier links is from before that. */
  #forgetEarlierLinks(): void {
    for (const receipt of this.#receipts) {
      if (receipt !== undefined && receipt.link !== this.#link) this.#receipts[receipt.id] = undefined;
    }
    if (this.#newest?.link !== this.#link) this.#newest = undefined;
  }

  #advance(id: number): void {
    const steps = this.#newest === undefined ? 0 : ahead(this.#newest.id, id);
    if (this.#newest !== undefined && steps <= 0) return;
    this.#newest = { id, link: this.#link };
    for (let k = 0; k < steps; k++) {
      for (const left of earlier(id, WINDOW + 1 + k)) {
        if (this.#receipts[left]?.held !== true) this.#receipts[left] = undefined;
      }
      for (const left of earlier(id, HELD_WINDOW + 1 + k)) this.#receipts[left] = undefined;
    }
  }
}

/**
 * A hash of a text, which distinguishes a repeat from another message with the same id (PROTOCOL.md section 3, The
 * receiver). FNV-1a, with the length of the text above the 32 bits of the hash.
 */
export function fingerprint(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return text.length * 0x1_0000_0000 + (hash >>> 0);
}
