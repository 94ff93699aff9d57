/**
 * One link of a session, which is one transport connection. This file decides which version of the wire the link
 * speaks, when the link is up, and when its deadlines are. The state that outlives the link is in the dialects (`v1/`,
 * `v2/`), one for each version.
 */
import { encodeHello, KEEPALIVE, type EndCode, type Opening } from '@iot/framing';
import type { Dialect, DialectLink, LastWords, SessionParts } from './dialect.js';
import type { LinkEnd } from './events.js';
import type { Line } from './line-queue.js';
import { LinkState } from './link-state.js';
import { Negotiation } from './negotiation.js';
import type { RoundTrip } from './round-trip.js';
import { DialectV1 } from './v1/dialect.js';
import type { DialectV2 } from './v2/dialect.js';
import type { Versions } from './versions.js';

/** How a link has ended, for the session. */
export interface Ending extends LastWords {
  readonly reason: LinkEnd;
  readonly wasUp: boolean;
  /** True when the client has given the link up because no answer came in time. */
  readonly unanswered: boolean;
  /** The oldest line that was sent on it and not acked. */
  readonly oldest: Line | undefined;
}

export class Link implements DialectLink {
  readonly state: LinkState;
  readonly #parts: SessionParts;
  readonly #versions: Versions;
  readonly #roundTrip: RoundTrip;
  readonly #offered: boolean;
  /** Reads the first bytes; undefined once the version is known. */
  #negotiation: Negotiation | undefined;
  /**
   * The dialect of the link: version 1 until the first bytes show otherwise. Undefined while the session has no state
   * of version 1.
   */
  #dialect: Dialect | undefined;
  /**
   * Set while the session has no state of version 1: when the link opened and came up. If version 1 is made later, it
   * gets these times.
   */
  #missed: { readonly openedAt: number; upAt: number | undefined } | undefined;
  /** The hello, until it has been sent. It is sent before anything else. */
  #hello: Uint8Array | undefined;
  #backPressured = false;
  /** The silence timeout has passed once. The link ends if the next `tick` finds that still nothing was read. */
  #lastLook = false;
  /** The deadlines of the link; Infinity for none. */
  #silenceDueAt = Infinity;
  #keepaliveDueAt = Infinity;
  #settleDueAt = Infinity;
  #repeatDueAt = Infinity;
  #ending: Ending | undefined;

  constructor(parts: SessionParts, versions: Versions, roundTrip: RoundTrip, now: number) {
    const { settings } = parts;
    const client = settings.role === 'client';
    this.#parts = parts;
    this.#versions = versions;
    this.#roundTrip = roundTrip;
    this.#offered = client && versions.offers();
    const answerWaitMs = this.#offered ? versions.answerWaitMs : 0;
    this.state = new LinkState(settings, client ? answerWaitMs : settings.settleMs, now);
    if (this.#offered || !client) this.#negotiation = new Negotiation(settings.role);
    if (client) this.#hello = encodeHello(settings.id, this.#offered);
    versions.v1?.linkOpened(this, now);
    if (versions.v1 === undefined) this.#missed = { openedAt: now, upAt: undefined };
    this.#dialect = versions.v1;
    roundTrip.linkOpened(now);
    if (client && !this.#offered) this.#speakV1();
    if (this.state.up) this.#cameUp(now);
    this.#arm(now);
  }

  /** Undefined while the link is open. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** When to call `tick`; Infinity when there is no deadline. */
  nextDeadline(): number {
    return Math.min(this.#silenceDueAt, this.#keepaliveDueAt, this.#settleDueAt, this.#repeatDueAt);
  }

  receive(chunk: Uint8Array, now: number): void {
    if (this.#negotiation !== undefined) this.#negotiate(this.#negotiation, chunk, now);
    else {
      this.#heard(now);
      this.#dialect?.receive(chunk, now);
    }
    this.#arm(now);
  }

  tick(now: number): void {
    if (this.#silenceDueAt > now || this.#parts.inbox.mustWait) return this.#arm(now);
    // Check once more after a turn of the event loop: if this process was busy, the peer's bytes may be waiting unread.
    if (this.#lastLook) this.end(this.state.up ? 'silence' : 'no-first-byte', now);
    else this.#lastLook = true;
  }

  backPressure(on: boolean): void {
    this.#backPressured = on;
    // Nothing is sent while the transport is full.
    if (on) this.#keepaliveDueAt = this.#settleDueAt = this.#repeatDueAt = Infinity;
  }

  /** The bytes of the next write; undefined when there are none now. */
  takeOutput(now: number): Uint8Array | undefined {
    if (this.#backPressured) return undefined;
    if (this.#hello !== undefined) {
      const hello = this.#hello;
      this.#hello = undefined;
      return hello;
    }
    // The server has not answered the offer in time: the link speaks version 1 as soon as there is something to send.
    const late = this.#offered && this.#negotiation?.begun === false && this.state.mayTalk(now);
    if (late && this.#hasToSend()) this.#speakV1();
    const bytes =
      this.#negotiation === undefined ? this.#dialect?.takeOutput(now) : keepalive(this.state, now);
    this.#arm(now);
    return bytes;
  }

  /**
   * The bytes to write before this end closes the link on purpose; undefined when the peer would not understand them.
   */
  farewell(code: EndCode, text: string, waitMs: number, now: number): Uint8Array | undefined {
    const { v2 } = this.#versions;
    return v2 !== undefined && this.#dialect === v2 ? v2.farewell(code, text, waitMs, now) : undefined;
  }

  get unackedV1(): number {
    return this.#versions.unackedV1;
  }

  answered(): void {
    this.#roundTrip.answered();
    if (this.#dialect === this.#versions.v1) this.#versions.answeredInV1();
  }

  mayMeet(opening: Opening, now: number): boolean {
    if (this.#versions.mustStayInV1(opening)) {
      this.end('version', now);
      return false;
    }
    this.#versions.speakV2();
    return true;
  }

  met(now: number): void {
    if (!this.state.heard(now)) return;
    this.#roundTrip.answered();
    this.#cameUp(now);
  }

  lateOpening(now: number): boolean {
    if (!this.#offered) return false;
    this.#versions.answeredLate();
    this.end('version', now);
    return true;
  }

  end(reason: LinkEnd, now: number, lastWords: LastWords = {}): void {
    if (this.#ending !== undefined) return;
    const wasUp = this.state.up;
    const oldest = this.#dialect?.linkEnded();
    this.#versions.linkEnded(this.#offered, wasUp || this.#negotiation === undefined);
    const unanswered = this.#roundTrip.linkEnded(reason, now);
    this.#ending = { reason, wasUp, unanswered, oldest, ...lastWords };
  }

  #negotiate(negotiation: Negotiation, chunk: Uint8Array, now: number): void {
    const { v2 } = this.#versions;
    const { neutral, version, rest } = negotiation.push(chunk);
    if (neutral.length > 0) {
      this.met(now);
      this.#dialect = this.#v1();
      this.#dialect.receive(neutral, now);
    }
    if (version === 2 && v2 !== undefined) this.#speakV2(v2);
    // A server that speaks only version 1 ignores an offer.
    else if (version !== undefined) this.#speakV1();
    this.#heard(now);
    if (rest.length > 0) this.#dialect?.receive(rest, now);
  }

  /**
   * Bytes have come. In version 2 they do not bring the link up before both ends have met: the server may still refuse
   * the client, or not hear it.
   */
  #heard(now: number): void {
    const { v2 } = this.#versions;
    const meeting = v2 !== undefined && this.#dialect === v2 && !v2.met;
    if (this.#negotiation !== undefined || meeting) this.state.touched(now);
    else this.met(now);
  }

  #speakV1(): void {
    this.#negotiation = undefined;
    this.#dialect = this.#v1();
    this.#versions.speakV1();
  }

  /** The state of version 1, made now if needed. */
  #v1(): DialectV1 {
    const v1 = (this.#versions.v1 ??= new DialectV1(this.#parts));
    if (this.#missed !== undefined) {
      const { openedAt, upAt } = this.#missed;
      this.#missed = undefined;
      v1.linkOpened(this, openedAt);
      if (upAt !== undefined) v1.linkUp(upAt);
    }
    return v1;
  }

  #speakV2(v2: DialectV2): void {
    this.#negotiation = undefined;
    this.#missed = undefined;
    this.#versions.v1?.linkEnded();
    this.#dialect = v2;
    v2.linkOpened(this);
  }

  #cameUp(now: number): void {
    if (this.#missed !== undefined) this.#missed.upAt = now;
    // A link can come up before its version is known, so version 1 is informed even if the link speaks version 2 later.
    this.#versions.v1?.linkUp(now);
    this.#parts.events.emit({ type: 'up' });
  }

  #hasToSend(): boolean {
    const { v1, unacked } = this.#versions;
    return v1?.owesAcks === true || unacked > 0 || !this.#parts.queue.isEmpty;
  }

  #arm(now: number): void {
    if (this.#ending !== undefined) return;
    // This end does not read, so the peer is not to blame for the silence.
    if (this.#parts.inbox.mustWait) this.state.heldOff(now);
    this.#silenceDueAt = this.state.silenceAt;
    if (this.#silenceDueAt > now) this.#lastLook = false;
    if (this.#backPressured) return;
    const dialect = this.#dialect;
    this.#keepaliveDueAt = dialect === undefined ? this.state.keepaliveAt : dialect.keepaliveAt(now);
    this.#settleDueAt = this.state.settlesAt(now);
    this.#repeatDueAt = dialect === undefined ? Infinity : dialect.repeatAt(now);
  }
}

/** A keepalive, if one is due. Both versions understand it. */
function keepalive(state: LinkState, now: number): Uint8Array | undefined {
  if (state.keepaliveAt > now) return undefined;
  state.keepaliveSent(now);
  return KEEPALIVE;
}
