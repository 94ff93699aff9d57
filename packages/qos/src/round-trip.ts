/**
 * Detects that links end because the round trip takes longer than a client waits for the server's first bytes
 * (PROTOCOL.md section 4).
 *
 * How it works: a client gives a link up `2 × timeout` after its hello if no byte has come. Neither end can measure the
 * round trip then, because the bytes that come later find a closed socket. So both ends count links: the client those
 * that it gave up like this, the server those on which the client sent no message and no ack and which the client ended
 * about `2 × timeout` after the hello. A single link may have another reason. After three of them the error is
 * reported, and again only after a link that was answered.
 */
import { PeerError } from '@iot/framing';
import type { LinkEnd } from './events.js';
import type { SessionSettings } from './options.js';

/** Number of links given up, with no answered link among them, after which the error is reported. */
const LINKS_GIVEN_UP = 3;
/** Number of its timeouts that a client waits. */
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

  /**
   * The link works: a client has received bytes of the server, or a server has received a message, an ack or an opening
   * line.
   */
  answered(): void {
    this.#links = 0;
    this.#openedAt = -Infinity;
  }

  /** The link has ended. Returns true when the client gave it up because it had no answer. */
  linkEnded(reason: LinkEnd, now: number): boolean {
    const givenUp = this.#givenUp(reason, now - this.#openedAt);
    if (givenUp) this.#links += 1;
    return givenUp;
  }

  /** The error to report after a link that was given up; undefined when it is too early, or was reported already. */
  get error(): PeerError | undefined {
    return this.#links === LINKS_GIVEN_UP ? new PeerError('ERR_ROUND_TRIP', this.#message()) : undefined;
  }

  /** @param age of the link in ms; infinite when the link was answered */
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
