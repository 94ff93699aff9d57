import type { EndCode, PeerError } from '@iot/framing';

/**
 * Why a link ended. `closed`: this end gave it up. `silence`: nothing came for `timeout`, or nothing at all for twice that.
 * `no-first-byte`: a server never answered the hello. `fin` and `reset`: the transport said so. `protocol-error`: the peer
 * sent a line that is not a frame. `gap`: what one end wrote did not reach the other, though the link is alive; the next link has it.
 * `version`: the ends go on in the other version of the wire, on the next link. `told`: the peer sent the reason.
 */
export type LinkEnd =
  'closed' | 'silence' | 'no-first-byte' | 'fin' | 'reset' | 'protocol-error' | 'gap' | 'version' | 'told';

/** Why the peer ended the link, in its own words (PROTOCOL-2.md section 3). */
export interface Told {
  readonly code: EndCode;
  readonly text: string;
  /** The peer asks this end not to come back sooner; 0 unless it is `busy`. */
  readonly waitMs: number;
}

/** What a session has to say to its owner. */
export type SessionEvent =
  /** The peer is there: the client has heard the server, the server has read the hello. */
  | { readonly type: 'up' }
  /** The link is gone; `wasUp` is false when it had not come up yet. `told` where the peer said why. */
  | { readonly type: 'down'; readonly reason: LinkEnd; readonly wasUp: boolean; readonly told?: Told }
  /** The link speaks this version of the wire, other than the last one. */
  | { readonly type: 'protocol'; readonly version: 1 | 2 }
  /** The write with this ticket is done: acked, or handed over when it was `qos: false`. */
  | { readonly type: 'settled'; readonly ticket: number }
  /** A keepalive came, or several in a row. */
  | { readonly type: 'keepalive' }
  /** The peer broke the protocol, ends the link over a line of ours, or is too far away for the timeout. */
  | { readonly type: 'peer-error'; readonly error: PeerError };

/** One object, so that one event can tell of a row of keepalives. */
export const KEEPALIVE_HEARD: SessionEvent = { type: 'keepalive' };

/** What has happened and has not been taken yet. */
export class EventQueue {
  #events: SessionEvent[] = [];

  emit(event: SessionEvent): void {
    // One event reports a series of keepalives.
    if (event === KEEPALIVE_HEARD && this.#events.at(-1) === KEEPALIVE_HEARD) return;
    this.#events.push(event);
  }

  take(): readonly SessionEvent[] {
    if (this.#events.length === 0) return NO_EVENTS;
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

const NO_EVENTS: readonly SessionEvent[] = [];

/** Counters, from the start of the session, and the version of the wire. */
export interface SessionStats {
  /** What the link speaks, or the last one spoke; undefined until that is known. */
  readonly protocol: 1 | 2 | undefined;
  /** Messages sent for the first time. */
  readonly sent: number;
  /** Messages received and handed to the application's queue. */
  readonly received: number;
  readonly retransmitted: number;
  readonly duplicatesDropped: number;
  /** Messages without `qos` that came and did not fit (version 2). */
  readonly unsafeDropped: number;
  /** Links that were up and ended. */
  readonly outages: number;
  readonly protocolErrors: number;
}
