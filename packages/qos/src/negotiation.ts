/**
 * Which version of the wire a link speaks (PROTOCOL-2.md section 1).
 *
 * A client that offers says `-2` behind its hello; a server that speaks 2 answers with its opening line, `-2 …`. Keepalives
 * may come before that; anything else is version 1.
 */
import { OFFER } from '@iot/framing';

/** What the first bytes of a link have shown. */
export interface Decision {
  /** Bytes that both versions read alike: keepalives. */
  readonly neutral: Uint8Array;
  /** Undefined while it is not known. */
  readonly version: 1 | 2 | undefined;
  /** What belongs to that version. */
  readonly rest: Uint8Array;
}

const NEWLINE = 0x0a;
const END = 0x21;
const EMPTY = new Uint8Array(0);

/** Reads the beginning of a link, up to where the version is known. */
export class Negotiation {
  readonly #server: boolean;
  readonly #sign: Uint8Array;
  #held: Uint8Array = EMPTY;

  constructor(role: 'client' | 'server') {
    this.#server = role === 'server';
    this.#sign = Uint8Array.from(this.#server ? `${OFFER}\n` : `${OFFER} `, (each) => each.charCodeAt(0));
  }

  /** An answer has begun to come: it is to be waited for. */
  get begun(): boolean {
    return this.#held.length > 0;
  }

  push(chunk: Uint8Array): Decision {
    const bytes = join(this.#held, chunk);
    this.#held = EMPTY;
    let at = 0;
    // An offer is the first thing behind the hello; an answer may come behind keepalives.
    while (!this.#server && bytes[at] === NEWLINE) at += 1;
    const neutral = bytes.subarray(0, at);
    const begun = bytes.subarray(at);
    // A server that turns a client away says so in place of its opening line.
    if (!this.#server && begun[0] === END) return { neutral, version: 2, rest: begun };
    const compared = Math.min(begun.length, this.#sign.length);
    for (let i = 0; i < compared; i++) {
      if (begun[i] !== this.#sign[i]) return { neutral, version: 1, rest: begun };
    }
    if (compared < this.#sign.length) {
      this.#held = begun.slice();
      return { neutral, version: undefined, rest: EMPTY };
    }
    return { neutral, version: 2, rest: this.#server ? begun.subarray(compared) : begun };
  }
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

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
  patienceMs(timeoutMs: number): number {
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
