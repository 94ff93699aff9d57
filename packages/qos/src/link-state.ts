/**
 * The timing of one link, from its opening to its end (PROTOCOL.md section 4): when it is up, when each end may send
 * messages, when keepalives are due, and when silence ends the link.
 *
 *   role    opened           up                     may send messages
 *   client  hello sent       first bytes received   from then on; with an offer of version 2, `settleMs` later
 *   server  hello read       at once                `settleMs` after the client's first frame
 *
 * A client sends keepalives from a quarter of a timeout after the hello on, even before the first bytes come. An
 * original server whose last keepalive was written to a dead socket sends nothing until it has received a frame, on
 * this link and every later one.
 */
import type { SessionSettings } from './options.js';

/** Number of keepalives in one `timeout`, whatever else is sent. */
const KEEPALIVES_PER_TIMEOUT = 4;
/**
 * Number of timeouts that each end waits for the other's first bytes: a client may send nothing until it has received
 * bytes of the server.
 */
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
  /** When messages may be sent; Infinity while that depends on the peer. */
  #talkAt = Infinity;

  /** @param settleMs time from the peer's first bytes to the first message in version 1 */
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

  /** When bytes last came; before any came, when the link opened. */
  get lastHeardAt(): number {
    return this.#lastHeardAt;
  }

  /** Makes the next keepalive due now. */
  hurryKeepalive(now: number): void {
    if (this.#up) this.#keepaliveAt = now;
  }

  /** Bytes have come. Returns true when they bring the link up. */
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

  /**
   * Bytes have come, but perhaps the peer does not hear this end. They do not bring the link up. At a server they do
   * not extend the silence timeout: its answer may be lost, so it must not wait longer because of them.
   */
  touched(now: number): void {
    this.#lastHeardAt = now;
    if (!this.#up) this.#silenceAt = now + this.#timeoutMs;
  }

  /** This end does not read from the link on purpose. The silence timeout starts again. */
  heldOff(now: number): void {
    this.#heldOffAt = now;
    this.#silenceAt = now + this.#timeoutMs;
  }

  /** When this end last did not read on purpose. What is read next may have come at any time since. */
  get heldOffAt(): number {
    return this.#heldOffAt;
  }

  mayTalk(now: number): boolean {
    return this.#talkAt <= now;
  }

  /** A keepalive was sent. The next one is due a quarter of the timeout from now, however late this one was. */
  keepaliveSent(now: number): void {
    this.#keepaliveAt = now + this.#timeoutMs / KEEPALIVES_PER_TIMEOUT;
    this.#greeted = true;
  }

  /** True once a keepalive was sent after the link came up. */
  get greeted(): boolean {
    return this.#greeted;
  }

  /** When the next keepalive is due. */
  get keepaliveAt(): number {
    return this.#keepaliveAt;
  }

  /** When the link ends unless bytes come before. */
  get silenceAt(): number {
    return this.#silenceAt;
  }

  /** When messages may be sent, if that time is still to come; otherwise Infinity. */
  settlesAt(now: number): number {
    return this.#talkAt > now ? this.#talkAt : Infinity;
  }
}
