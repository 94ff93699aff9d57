import type { PeerError } from '@iot/framing';

/**
 * Why a link ended. `closed`: this end gave it up. `silence`: nothing came for `timeout`, or nothing at all for twice that. `no-first-byte`: a server never answered the hello.
 * `fin` and `reset`: the transport said so. `protocol-error`: the peer sent what is no frame.
 */
export type LinkEnd = 'closed' | 'silence' | 'no-first-byte' | 'fin' | 'reset' | 'protocol-error';

/** What a session has to say to its owner. */
export type SessionEvent =
  /** The peer is there: the client has heard the server, the server has read the hello. */
  | { readonly type: 'up' }
  /** The link is gone; `wasUp` is false when it had not come up yet. */
  | { readonly type: 'down'; readonly reason: LinkEnd; readonly wasUp: boolean }
  /** The write with this ticket is done: acked, or handed over when it was `qos: false`. */
  | { readonly type: 'settled'; readonly ticket: number }
  /** A keepalive came, or several in a row. */
  | { readonly type: 'keepalive' }
  /** The peer broke the protocol, ends the link over a line of ours, or is too far away for the timeout. */
  | { readonly type: 'peer-error'; readonly error: PeerError };

/** Counters, from the start of the session. */
export interface SessionStats {
  /** Messages sent for the first time. */
  readonly sent: number;
  /** Messages received and handed to the application's queue. */
  readonly received: number;
  readonly retransmitted: number;
  readonly duplicatesDropped: number;
  /** Links that were up and ended. */
  readonly outages: number;
  readonly protocolErrors: number;
}
