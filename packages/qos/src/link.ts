/**
 * One link of a session, from its opening to its end: which version of the wire it speaks, which its first bytes decide;
 * when it is up, and when it has to be looked at again. What outlives it is in the dialects.
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

/** How a link has ended. */
export interface Ending extends LastWords {
  readonly reason: LinkEnd;
  readonly wasUp: boolean;
  /** The client has given it up, since its round trip takes too long or the server hangs. */
  readonly unanswered: boolean;
  /** The line that was the oldest unacked on it. */
  readonly oldest: Line | undefined;
}

export class Link implements DialectLink {
  readonly state: LinkState;
  readonly #parts: SessionParts;
  readonly #versions: Versions;
  readonly #roundTrip: RoundTrip;
  readonly #offered: boolean;
  /** Undefined once the version is known. */
  #negotiation: Negotiation | undefined;
  /** Until the first bytes show otherwise it is version 1; undefined where the session has not spoken that. */
  #dialect: Dialect | undefined;
  /** What version 1 has missed of the link so far, where the session makes it only when it is spoken. */
  #missed: { readonly openedAt: number; upAt: number | undefined } | undefined;
  /** Bytes that go out before all else: the hello. */
  #hello: Uint8Array | undefined;
  #backPressured = false;
  /** The peer has been silent for too long, and there is one more look at what has come. */
  #lastLook = false;
  /** When it wants to be looked at again, and why; Infinity for not at all. */
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

  /** Undefined while it is open. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** When `tick` is to be called; Infinity when there is nothing to wait for. */
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

  /** The bytes of the next single write; undefined when there are none now. */
  takeOutput(now: number): Uint8Array | undefined {
    if (this.#backPressured) return undefined;
    if (this.#hello !== undefined) {
      const hello = this.#hello;
      this.#hello = undefined;
      return hello;
    }
    // The server has not answered the offer in time: what there is to send goes out in version 1.
    const late = this.#offered && this.#negotiation?.begun === false && this.state.mayTalk(now);
    if (late && this.#hasToSend()) this.#speakV1();
    const bytes =
      this.#negotiation === undefined ? this.#dialect?.takeOutput(now) : keepalive(this.state, now);
    this.#arm(now);
    return bytes;
  }

  /** What to write before this end closes the link on purpose; undefined where the peer would not understand it. */
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
    // An offer that this end does not take is ignored.
    else if (version !== undefined) this.#speakV1();
    this.#heard(now);
    if (rest.length > 0) this.#dialect?.receive(rest, now);
  }

  /** Bytes came. In version 2 they say little until both ends have met: the server may turn the client away, or not be heard. */
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

  /** Version 1, made now if need be. */
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
    // Nothing has been said in version 2 yet.
    this.#versions.v1?.linkUp(now);
    this.#parts.events.emit({ type: 'up' });
  }

  #hasToSend(): boolean {
    const { v1, unacked } = this.#versions;
    return v1?.owesAcks === true || unacked > 0 || !this.#parts.queue.isEmpty;
  }

  #arm(now: number): void {
    if (this.#ending !== undefined) return;
    // The peer is not silent: it is not listened to.
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

/** What both versions understand, if it is due. */
function keepalive(state: LinkState, now: number): Uint8Array | undefined {
  if (state.keepaliveAt > now) return undefined;
  state.keepaliveSent(now);
  return KEEPALIVE;
}
