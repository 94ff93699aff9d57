/**
 * The record of ids received: tests whether a message is new, a repeat, or from a sender that restarted
 * (PROTOCOL.md section 3, The receiver).
 *
 * Theory of operation: an id has 8 bits and no epoch, so the same id means "the same message again" or "a restarted
 * sender". A retransmission is the same bytes, and it comes only while the sender lacks the ack. The record therefore
 * holds with each id a fingerprint, the link on which the id came last, and whether its ack is proven: the sender had the
 * time and the means to repeat the line and did not. Proof is checked twice: when a link ends, and when a link has been
 * up for `4 × timeout`, or `7 × timeout` where repeats may come late. Id 0 has a rule of its own, since a sender sends
 * nothing else before that is acked: see `Zero`.
 *
 * The proof rests on lines that were sent late enough, and all we have is when they were read. Less than a `timeout` lies
 * between the two, or the link would have been given up; unless this process was busy for longer, and read late what
 * had come early, or did not read since too much was unread. After a gap like that the time for a proof starts again.
 */
import type { Zero } from '../entries.js';
import type { Receipt as InboxReceipt } from '../inbox.js';
import { ahead, earlier, HELD_WINDOW, MAX_SPREAD, WINDOW } from './message-id.js';

/** An ack is proven by what is read this many timeouts after it went out: the repeat was due after one. */
const PROOF_TIMEOUTS = 2;
/**
 * The same on a link on which repeats come, as over round trips of more than a `timeout`, or long lines, which are repeated
 * later. A sender that lacks the ack hears nothing more and gives the link up after one, and a round trip takes up to two.
 */
const LATE_PROOF_TIMEOUTS = 3;
/**
 * On a later link, by what is read this many timeouts after that came up: the peer has two for its first byte or frame,
 * a server `settleMs` (at most one) more, and only then repeats. Until then it sends keepalives.
 */
const LATER_LINK_PROOF_TIMEOUTS = 4;
/** The same where repeats may come late: one that vanishes is followed by the next up to 2.5 timeouts later. */
const LATE_LATER_LINK_PROOF_TIMEOUTS = 7;

/** What is known of one id. */
export interface Receipt extends InboxReceipt {
  readonly version: 1;
  readonly id: number;
  readonly fingerprint: number;
  /** The link on which it came last. */
  link: number;
  /** When its last ack went out; undefined while it has not. */
  ackedAt: number | undefined;
  proven: boolean;
}

/**
 * `restarted`: new, and its sender has restarted. `undecided`, of id 0 alone: either a repeat or the first line of a restarted
 * sender; what follows it decides.
 */
export type Verdict = 'new' | 'restarted' | 'duplicate' | 'undecided';

/** The window as it is stored. */
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
  /** By id; those that have not come are not there yet. */
  readonly #receipts: (Receipt | undefined)[] = [];
  #newest: { readonly id: number; readonly link: number } | undefined;
  /** Counts the links; receipts of a smaller number are of an earlier one. */
  #link = 0;
  #upAt = 0;
  #lastReadAt = 0;
  #lastHeardAt = 0;
  #onTimeSince = 0;
  #earlierProven = false;
  /** A repeat may come late on the current link. */
  #late = false;
  /** The link on which id 0 came last: what came on earlier ones may be from before the sender restarted. */
  #zeroLink = 0;
  /**
   * How far the sender's id 0 has come. `unseen`: no 0 has come, or the one that came is done with. `refused`: it came, and
   * there was no space for it. `received`, `acked`: so far nothing else came from this sender. `waited`: another message
   * came once the ack was out, as from a sender that waits for the ack of 0. `did-not-wait`: another one came before that.
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

  /** Since when what comes has been read in time. */
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

  /** Bytes are read on the current link; `heldOffAt` is when it was last not read on purpose. */
  read(now: number, heldOffAt: number): void {
    const late = now - this.#lastReadAt > this.#timeoutMs || heldOffAt >= this.#lastReadAt;
    if (late) this.#onTimeSince = now;
    this.#lastReadAt = now;
  }

  /** A keepalive or a new message came: what a sender sends after its repeats. */
  heard(now: number): void {
    this.#lastHeardAt = now;
    const timeouts = this.#late ? LATE_LATER_LINK_PROOF_TIMEOUTS : LATER_LINK_PROOF_TIMEOUTS;
    if (this.#earlierProven || !this.#isLateEnoughFor(this.#upAt, timeouts)) return;
    this.#earlierProven = true;
    for (const receipt of this.#receipts) {
      if (receipt !== undefined && receipt.link !== this.#link) receipt.proven = true;
    }
  }

  /** A line came that is long, as a sender counts. */
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

  /** What a message is; tell `came` before anything else. */
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
   * A message came that is what the verdict says, or an undecided one has turned out to be that. A new one moves the window;
   * a duplicate's receipt moves to the current link and is unproven again; an undecided one changes nothing yet.
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

  /** Records a message that is new and has been received; its line is held until released. */
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

  /** The ack of this id goes out now. */
  acked(id: number, now: number): void {
    const receipt = this.#receipts[id];
    if (receipt !== undefined) receipt.ackedAt = now;
    if (id !== 0) return;
    if (this.#zero === 'received') this.#zero = 'acked';
    // Refused and acked late: the sender is done with it.
    else if (this.#zero === 'refused') this.#zero = 'unseen';
  }

  /** The receipt of this id, if the record still has it. */
  get(id: number): Receipt | undefined {
    return this.#receipts[id];
  }

  /**
   * True when this line was delivered, never acked on its link, and its sender may still run. A sender that has restarted
   * sends id 0, and nothing else until that is acked: so not id 0, of which the new line may be under way, nor what came
   * on a link before the one on which 0 came last.
   */
  owes({ id, ackedAt, held, link }: Receipt): boolean {
    return !held && ackedAt === undefined && id !== 0 && link >= this.#zeroLink;
  }

  /** The receipts of lines in this state. */
  owed(): Receipt[] {
    return this.#receipts.filter((receipt) => receipt !== undefined && this.owes(receipt)) as Receipt[];
  }

  /** All but what belongs to the current link, which does not outlive its process. */
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

  /** What was stored after a snapshot comes in the same order as it did, on the links on which it did. */
  replays(link: number): void {
    this.#link = link;
  }

  /** How far id 0 had come with what was replayed. */
  restoreZero(zero: Zero): void {
    this.#zero = zero;
  }

  /**
   * The ack of id 0 may have gone out before the process died. A sender that lacks it repeats 0 before anything else, as one
   * whose ack was lost.
   */
  zeroMayBeAcked(): void {
    if (this.#zero === 'received') this.#zero = 'acked';
  }

  /** Whether what was heard last was sent so late that a repeat would have come before it. */
  #isLateEnoughFor(time: number, timeouts: number): boolean {
    return this.#lastHeardAt >= Math.max(time, this.#onTimeSince) + timeouts * this.#timeoutMs;
  }

  /** True when this id has been seen, and its sender cannot have given it to another message since. */
  isCurrent(id: number): boolean {
    return this.#newest !== undefined && ahead(this.#newest.id, id) <= 0;
  }

  /** An id 0 that is not in the record: whether it can be the one that was refused and is sent again. */
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

  /** The sender restarted: what it sent on earlier links is from before that. */
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
 * Distinguishes a repeat from another line with the same id (PROTOCOL.md section 3, The receiver): FNV-1a over the text,
 * with its length above the 32 bits of the hash.
 */
export function fingerprint(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return text.length * 0x1_0000_0000 + (hash >>> 0);
}
