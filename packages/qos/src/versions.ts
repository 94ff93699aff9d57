/**
 * The two dialects (versions of the wire) of one session: which of them a link speaks, and what happens to lines that
 * were sent in the other one (PROTOCOL-2.md section 1).
 *
 * A line that was sent and is not acked is pending. A line may be pending in both dialects. It is sent in one dialect
 * at a time, and its write is done with the first ack in either.
 */
import type { Opening } from '@iot/framing';
import type { SessionParts } from './dialect.js';
import type { Receipt } from './inbox.js';
import type { Line } from './line-queue.js';
import { OfferPolicy } from './offer-policy.js';
import type { DialectV1 } from './v1/dialect.js';
import { DialectV2 } from './v2/dialect.js';

export class Versions {
  /** Undefined until a link speaks version 1, because most sessions between two ends of this project never do. */
  v1: DialectV1 | undefined;
  readonly #parts: SessionParts;
  /**
   * Also set in a process that speaks only version 1, when an earlier process of a stored session has spoken version 2.
   */
  #v2: DialectV2 | undefined;
  readonly #offers = new OfferPolicy();
  #spoken: 1 | 2 | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    if (this.#speaksV2) this.restoredV2();
  }

  /** Undefined when this process speaks only version 1. */
  get v2(): DialectV2 | undefined {
    return this.#speaksV2 ? this.#v2 : undefined;
  }

  /** The state of version 2, even when this process does not speak it: it is kept for the next process. */
  get keptV2(): DialectV2 | undefined {
    return this.#v2;
  }

  /** The state of version 2, made now if needed: there is something to restore into it. */
  restoredV2(): DialectV2 {
    return (this.#v2 ??= new DialectV2(this.#parts, this.#parts.settings.drawEpoch ?? noEpoch));
  }

  get #speaksV2(): boolean {
    const { protocol, drawEpoch } = this.#parts.settings;
    return protocol === 2 && drawEpoch !== undefined;
  }

  /** The version that the link speaks, or that the last link spoke; undefined until the first link has decided. */
  get spoken(): 1 | 2 | undefined {
    return this.#spoken;
  }

  /** Number of version 1 messages that were sent and are kept until acked. */
  get unackedV1(): number {
    return this.v1?.unacked ?? 0;
  }

  /** Number of messages of either version that were sent and are kept until acked. */
  get unacked(): number {
    const inV2 = this.#v2?.unacked ?? 0;
    return this.unackedV1 + (this.unackedV1 === 0 ? inV2 : this.#onlyInV2().length);
  }

  /** True once a version 1 message was sent or received. */
  get hasCarriedV1(): boolean {
    return this.v1?.hasCarried === true;
  }

  /** Both ends have met in version 2 on some link. */
  get hasSpokenV2(): boolean {
    return this.#offers.spoken;
  }

  /** Both ends had met in version 2 before the process died. */
  spokeV2(): void {
    this.#offers.met();
  }

  /** More entries of the journal are stored. */
  stored(): void {
    this.#v2?.stored();
  }

  /** True for a line that must be sent until it is acked, even if the peer ends links over it. */
  mustKeep(line: Line): boolean {
    return this.v1?.mustKeep(line) === true;
  }

  withdraw(ticket: number): boolean {
    this.v1?.withdraw(ticket);
    return this.#v2?.withdraw(ticket) === true;
  }

  released(receipts: readonly Receipt[]): void {
    this.v1?.released(receipts);
    this.#v2?.released(receipts);
  }

  /** A client's link begins. Returns whether the client offers version 2 on it. */
  offers(): boolean {
    return this.v2 !== undefined && this.#offers.offers(this.hasCarriedV1, this.unackedV1);
  }

  /**
   * How long, in ms, a client that has offered version 2 waits for the answer, counted from the first byte; then it
   * speaks version 1.
   */
  get answerWaitMs(): number {
    return this.#offers.answerWaitMs(this.#parts.settings.timeout);
  }

  /** A link has ended. `answered`: it had come up, or had shown which version the server speaks. */
  linkEnded(offered: boolean, answered: boolean): void {
    this.#offers.linkEnded(offered, answered);
  }

  /** The link speaks version 1 from now on. */
  speakV1(): void {
    this.#speaks(1);
    // If the peer speaks version 2 and its answer is only late, it reads nothing that is sent in version 1. So these
    // lines also stay pending in version 2, until it is clear which version the peer speaks.
    this.#parts.queue.putBack(this.#onlyInV2());
  }

  /**
   * The peer has answered in version 1. So it is not the process that spoke version 2, and has none of the lines that
   * are pending there.
   */
  answeredInV1(): void {
    this.#v2?.surrender();
  }

  /**
   * A client has read the server's opening line of version 2. True when the link must end and version 1 go on: this
   * client has carried version 1 messages and never met version 2, and the server has unacked version 1 messages.
   * Perhaps it sent them to this very client, which may have delivered them already; in version 2 they would be
   * delivered again.
   */
  mustStayInV1({ unacked }: Opening): boolean {
    const first = this.#parts.settings.role === 'client' && !this.#offers.spoken;
    return first && unacked > 0 && this.hasCarriedV1;
  }

  /** Both ends speak version 2 on the link from now on. */
  speakV2(): void {
    this.#speaks(2);
    this.#offers.met();
    for (const { ticket } of this.#v2?.lines() ?? []) this.#parts.queue.remove(ticket);
    this.#sendAgain(this.v1?.surrender() ?? []);
  }

  /** The server has answered the offer too late. It has read nothing that was sent in version 1 on this link. */
  answeredLate(): void {
    this.#offers.answeredLate();
    this.#sendAgain(this.v1?.unsend() ?? []);
  }

  #speaks(version: 1 | 2): void {
    if ((this.#spoken ?? 1) !== version) this.#parts.events.emit({ type: 'protocol', version });
    this.#spoken = version;
  }

  /** Puts lines that were sent in version 1 back into the queue, except those that are also pending in version 2. */
  #sendAgain(lines: readonly Line[]): void {
    this.#parts.queue.putBack(lines.filter((line) => this.#v2?.has(line) !== true));
  }

  /**
   * Lines that are pending in version 2 and not in version 1. Lines pending in both were sent on an earlier link of
   * version 1, and are repeated there.
   */
  #onlyInV2(): Line[] {
    return (this.#v2?.lines() ?? []).filter((line) => this.v1?.has(line) !== true);
  }
}

/** A process that does not speak version 2 starts no epoch there: the epoch is restored from the log. */
function noEpoch(): string {
  return '';
}
