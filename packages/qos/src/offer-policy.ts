/**
 * Decides on which links a client offers version 2 of the wire (PROTOCOL-2.md section 1). The offer is the line `-2`
 * after the hello.
 */

/** A session that has carried version 1 messages offers version 2 on one of this number of links. */
const LINKS_BETWEEN_OFFERS = 10;
/** After this number of links in a row with an offer and without a first byte, one link goes without an offer. */
const OFFERS_WITHOUT_AN_ANSWER = 2;

/**
 * How it works: a session that has met version 2 offers on every link, because without the offer the server could not
 * distinguish this client from another process. A session that has carried version 1 messages offers seldom: an
 * original server ignores the offer, but not when half a line of the last link is left in its reader. Any other session
 * offers, except after several links that ended without a first byte.
 */
export class OfferPolicy {
  #linksSince = 0;
  #unanswered = 0;
  #spoken = false;
  /** True once the server has answered an offer later than the client waited. */
  #slow = false;

  /** A link begins. Returns whether the client offers version 2 on it. */
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

  /**
   * How long, in ms, a client that has offered waits for the answer, counted from the first byte; then it speaks
   * version 1.
   */
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

  /** True once both ends have met in version 2: each has read the other's opening line. */
  get spoken(): boolean {
    return this.#spoken;
  }

  met(): void {
    this.#spoken = true;
  }
}
