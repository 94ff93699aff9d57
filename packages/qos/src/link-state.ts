/**
 * One link under the session, from its opening to its end (PROTOCOL.md section 4): who may speak when, and when
 * silence ends it.
 *
 *   role    opened           up                     may send messages
 *   client  hello goes out   first bytes came       from then on; where it has offered version 2, `settleMs` later
 *   server  hello was read   at once                first frame of the client came, and `settleMs` later
 *
 * A client sends keepalives from a quarter of a timeout after the hello on, first bytes or not: an original server whose
 * last keepalive met a dead socket sends nothing before it has had a frame, on this link and every later one.
 */
import type { SessionSettings } from './options.js';

/** A keepalive goes out this often in a `timeout`, whatever else is sent. */
const KEEPALIVES_PER_TIMEOUT = 4;
/** Each end gives the other this many timeouts for its first bytes: a client may be silent until it has the server's. */
const FIRST_BYTE_TIMEOUTS = 2;

export class LinkState {
  readonly #timeoutMs: number;
  readonly #settleMs: number;
  #up: boolean;
  #lastHeardAt: number;
  #silenceAt: number;
  #keepaliveAt: number;
  #greeted = false;
  #heldOffAt = -Infinity;
  /** When messages may go out; Infinity while that depends on the peer. */
  #talkAt = Infinity;

  /** @param settleMs from the peer's first bytes to the first message in version 1 */
  constructor({ role, timeout }: SessionSettings, settleMs: number, now: number) {
    this.#timeoutMs = timeout;
    this.#settleMs = settleMs;
    this.#up = role === 'server';
    this.#lastHeardAt = now;
    this.#silenceAt = now + FIRST_BYTE_TIMEOUTS * timeout;
    this.#keepaliveAt = this.#up ? now : now + timeout / KEEPALIVES_PER_TIMEOUT;
  }

  get up(): boolean {
    return this.#up;
  }

  /** When bytes came last; at first, when the link opened. */
  get lastHeardAt(): number {
    return this.#lastHeardAt;
  }

  /** The next keepalive is due now. */
  hurryKeepalive(now: number): void {
    if (this.#up) this.#keepaliveAt = now;
  }

  /** Bytes came; true when they bring the link up. */
  heard(now: number): boolean {
    this.#lastHeardAt = now;
    this.#silenceAt = now + this.#timeoutMs;
    if (this.#up) {
      if (this.#talkAt === Infinity) this.#talkAt = now + this.#settleMs;
      return false;
    }
    this.#up = true;
    this.#keepaliveAt = now;
    this.#greeted = false;
    this.#talkAt = now + this.#settleMs;
    return true;
  }

  /** Bytes came, and the peer may not hear this end: a server whose answer was lost does not wait for longer because of them. */
  touched(now: number): void {
    this.#lastHeardAt = now;
    if (!this.#up) this.#silenceAt = now + this.#timeoutMs;
  }

  /** Nothing is read of what comes: the peer has its whole time again after that. */
  heldOff(now: number): void {
    this.#heldOffAt = now;
    this.#silenceAt = now + this.#timeoutMs;
  }

  /** When it was held off last: what is read next may have come any time ago. */
  get heldOffAt(): number {
    return this.#heldOffAt;
  }

  mayTalk(now: number): boolean {
    return this.#talkAt <= now;
  }

  /** The next keepalive is a quarter of the timeout away, however late this one is. */
  keepaliveSent(now: number): void {
    this.#keepaliveAt = now + this.#timeoutMs / KEEPALIVES_PER_TIMEOUT;
    this.#greeted = true;
  }

  /** True once the first keepalive has gone out since the link is up. */
  get greeted(): boolean {
    return this.#greeted;
  }

  /** When the next keepalive is due. */
  get keepaliveAt(): number {
    return this.#keepaliveAt;
  }

  /** When the link has been silent for too long. */
  get silenceAt(): number {
    return this.#silenceAt;
  }

  /** When messages may go out, if that time is still to come; else Infinity. */
  settlesAt(now: number): number {
    return this.#talkAt > now ? this.#talkAt : Infinity;
  }
}
