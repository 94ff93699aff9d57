/** The events that a session reports to its owner, and its counters. The owner is the code that drives the session. */
import type { EndCode, PeerError } from '@iot/framing';

/**
 * Why a link ended.
 * - `closed`: this end gave the link up.
 * - `silence`: nothing came for `timeout`, or, at a server, nothing at all for twice that time.
 * - `no-first-byte`: the server did not answer the hello in time.
 * - `fin`, `reset`: the transport reported it.
 * - `protocol-error`: the peer sent a line that is not a frame.
 * - `gap`: lines that one end wrote did not reach the other, although the link is alive. They are sent on the next
 *   link.
 * - `version`: the ends go on in the other version of the wire, on the next link.
 * - `told`: the peer sent a reason before it closed the link.
 */
export type LinkEnd =
  'closed' | 'silence' | 'no-first-byte' | 'fin' | 'reset' | 'protocol-error' | 'gap' | 'version' | 'told';

/** The reason that the peer sent before it ended the link (PROTOCOL-2.md section 3). */
export interface Told {
  readonly code: EndCode;
  readonly text: string;
  /** With the code `busy`: this end should wait this long before it connects again; otherwise 0. */
  readonly waitMs: number;
}

/** An event of a session. */
export type SessionEvent =
  /** The link is up: the client has received the first bytes of the server, or the server has read the hello. */
  | { readonly type: 'up' }
  /** The link has ended. `wasUp` is false when it had not come up yet. `told` is set when the peer sent a reason. */
  | { readonly type: 'down'; readonly reason: LinkEnd; readonly wasUp: boolean; readonly told?: Told }
  /** The link speaks another version of the wire than the link before. */
  | { readonly type: 'protocol'; readonly version: 1 | 2 }
  /** The write with this ticket is done: the line was acked, or, with `qos: false`, passed to the transport. */
  | { readonly type: 'settled'; readonly ticket: number }
  /** One or several keepalives came in a row. */
  | { readonly type: 'keepalive' }
  /**
   * The peer broke the protocol, ends links over a line of this end, or takes longer to answer than the timeout allows.
   */
  | { readonly type: 'peer-error'; readonly error: PeerError };

/** One shared object: `EventQueue` recognises it, and reports keepalives in a row as one event. */
export const KEEPALIVE_HEARD: SessionEvent = { type: 'keepalive' };

/** Events that the owner has not taken yet. */
export class EventQueue {
  #events: SessionEvent[] = [];

  emit(event: SessionEvent): void {
    // One event reports several keepalives in a row.
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

/** Counters from the beginning of the session, and the version of the wire. */
export interface SessionStats {
  /** The version that the link speaks, or that the last link spoke; undefined until the first link has decided. */
  readonly protocol: 1 | 2 | undefined;
  /** Messages sent for the first time. */
  readonly sent: number;
  /** Messages received and passed to the application's queue. */
  readonly received: number;
  readonly retransmitted: number;
  readonly duplicatesDropped: number;
  /** Version 2: `qos: false` messages that were dropped, because there was no space for them or they were malformed. */
  readonly unsafeDropped: number;
  /** Links that were up and ended. */
  readonly outages: number;
  readonly protocolErrors: number;
}
