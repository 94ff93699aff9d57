/** A link of a session that speaks version 1 offers version 2 again after this many links. */
const LINKS_BETWEEN_OFFERS = 10;
/** After this many offering links in a row without a first byte, one goes without an offer. */
const OFFERS_WITHOUT_AN_ANSWER = 2;

/**
 * On which links a client offers version 2. An original server ignores the offer, unless the last link has left half a line
 * in its reader; so a session that has carried messages of version 1 offers it seldom. One that has spoken version 2 offers
 * it always: without it a server could not tell it from another process.
 */
export class OfferPolicy {
  #linksSince = 0;
  #unanswered = 0;
  #spoken = false;
  /** The server has answered later than was waited for. */
  #slow = false;

  /** A link begins: whether it offers. */
  offers(carriedV1: boolean, unackedV1: number): boolean {
    this.#linksSince += 1;
    const offers =
      this.#spoken ||
      (carriedV1
        ? unackedV1 === 0 && this.#linksSince >= LINKS_BETWEEN_OFFERS
        : this.#unanswered < OFFERS_WITHOUT_AN_ANSWER);
    if (offers) this.#linksSince = 0;
    return offers;
  }

  /** How long a client that has offered waits for the answer after the first byte, before it speaks version 1; ms. */
  answerWaitMs(timeoutMs: number): number {
    return this.#slow ? timeoutMs : timeoutMs / 4;
  }

  /** A link has ended. */
  linkEnded(offered: boolean, answered: boolean): void {
    this.#unanswered = offered && !answered ? this.#unanswered + 1 : 0;
  }

  answeredLate(): void {
    this.#slow = true;
  }

  /** True once both ends have met in version 2. */
  get spoken(): boolean {
    return this.#spoken;
  }

  met(): void {
    this.#spoken = true;
  }
}
