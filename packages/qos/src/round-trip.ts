/**
 * Notices that link after link ends because a round trip takes longer than a client waits for the server's first bytes
 * (PROTOCOL.md section 4).
 *
 * The client gives a link up `2 × timeout` after its hello when no byte has come, and the bytes that come later are
 * never seen. The server sees a client that has sent no message and no ack, and that ends its link about
 * `2 × timeout` after the hello. One link of this kind may have another reason. After three of them the error is reported, and
 * again only after a link that was answered.
 */
import { PeerError } from '@iot/framing';
import type { LinkEnd } from './events.js';
import type { SessionSettings } from './options.js';

/** Links given up unanswered, with no answered one among them, after which the error is reported. */
const LINKS_GIVEN_UP = 3;
/** A client waits for this many of its timeouts. */
const WAITS_TIMEOUTS = 2;
/** The timeouts of the two ends differ by less than this factor (PROTOCOL.md, Kindness to an original). */
const TIMEOUTS_DIFFER = 2;

export class RoundTrip {
  readonly #role: 'client' | 'server';
  readonly #waitMs: number;
  #links = 0;
  #openedAt = 0;

  constructor({ role, timeout }: SessionSettings) {
    this.#role = role;
    this.#waitMs = WAITS_TIMEOUTS * timeout;
  }

  linkOpened(now: number): void {
    this.#openedAt = now;
  }

  /** The peer has shown on this link that it hears this end, or this end that it hears the peer. */
  answered(): void {
    this.#links = 0;
    this.#openedAt = -Infinity;
  }

  /** The link has ended. True when the client gave it up because it had no answer. */
  linkEnded(reason: LinkEnd, now: number): boolean {
    const givenUp = this.#givenUp(reason, now - this.#openedAt);
    if (givenUp) this.#links += 1;
    return givenUp;
  }

  /** What is to be reported after a link that was given up; undefined when it is too early, or has been reported. */
  get error(): PeerError | undefined {
    return this.#links === LINKS_GIVEN_UP ? new PeerError('ERR_ROUND_TRIP', this.#message()) : undefined;
  }

  /** `age` is infinite when the link was answered. */
  #givenUp(reason: LinkEnd, age: number): boolean {
    if (this.#role === 'client') return reason === 'no-first-byte';
    const byClient = reason === 'fin' || reason === 'reset';
    return byClient && age >= this.#waitMs / TIMEOUTS_DIFFER && age <= this.#waitMs * TIMEOUTS_DIFFER;
  }

  #message(): string {
    const wait = `2 × timeout (${this.#waitMs} ms)`;
    return this.#role === 'client'
      ? `the server has not answered the hello within ${wait} on ${LINKS_GIVEN_UP} links in a row: the round trip takes longer than that, or the server hangs; if it is the round trip, raise the option timeout at both ends`
      : `the client has ended ${LINKS_GIVEN_UP} links in a row about ${wait} after its hello, with no message and no ack: the round trip takes longer than that, or what this end sends does not reach it; if it is the round trip, raise the option timeout at both ends`;
  }
}
