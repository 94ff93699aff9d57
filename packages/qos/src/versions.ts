/**
 * The two versions of the wire in one session: which of them a link speaks, and where the lines go that were sent in the
 * other (PROTOCOL-2.md section 1). A line may be pending in both. It is settled by the first ack, and sent in one version
 * at a time.
 */
import type { Opening } from '@iot/framing';
import type { SessionParts } from './dialect.js';
import type { Receipt } from './inbox.js';
import type { Line } from './line-queue.js';
import { OfferPolicy } from './offer-policy.js';
import type { DialectV1 } from './v1/dialect.js';
import { DialectV2 } from './v2/dialect.js';

export class Versions {
  /** Undefined until it is spoken: most sessions between two ends of ours never do. */
  v1: DialectV1 | undefined;
  readonly #parts: SessionParts;
  /** Also where this process speaks only version 1, and an earlier one of a stored session has spoken 2. */
  #v2: DialectV2 | undefined;
  readonly #offers = new OfferPolicy();
  #spoken: 1 | 2 | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    if (this.#speaksV2) this.restoredV2();
  }

  /** Undefined where this process speaks only version 1. */
  get v2(): DialectV2 | undefined {
    return this.#speaksV2 ? this.#v2 : undefined;
  }

  /** The state of version 2: a process that does not speak it keeps it for the next one. */
  get keptV2(): DialectV2 | undefined {
    return this.#v2;
  }

  /** The same, made now if need be: there is something to restore. */
  restoredV2(): DialectV2 {
    return (this.#v2 ??= new DialectV2(this.#parts, this.#parts.settings.drawEpoch ?? noEpoch));
  }

  get #speaksV2(): boolean {
    const { protocol, drawEpoch } = this.#parts.settings;
    return protocol === 2 && drawEpoch !== undefined;
  }

  /** The version that the link speaks, or the last one spoke; undefined until that is known. */
  get spoken(): 1 | 2 | undefined {
    return this.#spoken;
  }

  /** Messages of version 1 that are repeated until acked. */
  get unackedV1(): number {
    return this.v1?.unacked ?? 0;
  }

  /** Messages of either version that are repeated until acked. */
  get unacked(): number {
    const inV2 = this.#v2?.unacked ?? 0;
    return this.unackedV1 + (this.unackedV1 === 0 ? inV2 : this.#onlyInV2().length);
  }

  /** True once a message went either way in version 1. */
  get hasCarriedV1(): boolean {
    return this.v1?.hasCarried === true;
  }

  /** Both ends have met in version 2 on some link. */
  get hasSpokenV2(): boolean {
    return this.#offers.spoken;
  }

  /** They had, before the process died. */
  spokeV2(): void {
    this.#offers.met();
  }

  /** More of the journal is stored. */
  stored(): void {
    this.#v2?.stored();
  }

  /** True for a line that cannot be given up, even where it ends links. */
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

  /** A client's link begins: whether it offers version 2. */
  offers(): boolean {
    return this.v2 !== undefined && this.#offers.offers(this.hasCarriedV1, this.unackedV1);
  }

  /** How long a client that has offered waits for the answer after the first byte, before it speaks version 1; ms. */
  get answerWaitMs(): number {
    return this.#offers.answerWaitMs(this.#parts.settings.timeout);
  }

  /** A link has ended; `answered`: something of it showed which version the server speaks. */
  linkEnded(offered: boolean, answered: boolean): void {
    this.#offers.linkEnded(offered, answered);
  }

  /** The link speaks version 1. */
  speakV1(): void {
    this.#speaks(1);
    // A peer that speaks version 2 and is slow to answer will not read it: what is pending there stays so, until it is clear.
    this.#parts.queue.putBack(this.#onlyInV2());
  }

  /** The peer has answered in version 1: it is another process than one that spoke version 2, and has none of its lines. */
  answeredInV1(): void {
    this.#v2?.surrender();
  }

  /**
   * The server's opening line has come to a client that has carried messages of version 1, and none of version 2. That may
   * have been with this very process: then the server's messages that are pending are settled in version 1 first.
   */
  mustStayInV1({ unacked }: Opening): boolean {
    const first = this.#parts.settings.role === 'client' && !this.#offers.spoken;
    return first && unacked > 0 && this.hasCarriedV1;
  }

  /** Both ends speak version 2 on the link. */
  speakV2(): void {
    this.#speaks(2);
    this.#offers.met();
    for (const { ticket } of this.#v2?.lines() ?? []) this.#parts.queue.remove(ticket);
    this.#sendAgain(this.v1?.surrender() ?? []);
  }

  /** The server has answered the offer too late: it reads nothing of what was sent in version 1 on this link. */
  answeredLate(): void {
    this.#offers.answeredLate();
    this.#sendAgain(this.v1?.unsend() ?? []);
  }

  #speaks(version: 1 | 2): void {
    if ((this.#spoken ?? 1) !== version) this.#parts.events.emit({ type: 'protocol', version });
    this.#spoken = version;
  }

  /** Lines that were sent in version 1 go back to the queue, but for those that are pending in version 2. */
  #sendAgain(lines: readonly Line[]): void {
    this.#parts.queue.putBack(lines.filter((line) => this.#v2?.has(line) !== true));
  }

  /** Those that an earlier link of version 1 has sent are repeated there. */
  #onlyInV2(): Line[] {
    return (this.#v2?.lines() ?? []).filter((line) => this.v1?.has(line) !== true);
  }
}

/** A process that does not speak version 2 begins no run in it: its epoch is the one that is restored. */
function noEpoch(): string {
  return '';
}
