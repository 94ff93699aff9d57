/** What a server reports of itself, of newcomers, and of all its clients. */
import type { Connection } from '@iot/connection';
import type { PeerError } from '@iot/framing';
import type { LinkEnd } from '@iot/qos';
import type { RefusalReason } from './handshake.js';

/** Events of a server, with the arguments of their listeners. A listener to these keeps no client from being forgotten. */
export interface ServerEvents {
  /**
   * A client came whose id was not known: a new session. Told just before its link is up, so that no `state` is missed. With
   * a store: also of each session that an earlier process has left, once `listen` has resolved.
   */
  client: [connection: Connection];
  /** The link of a client came up. */
  up: [connection: Connection];
  /**
   * The link of a client that was up has ended. `closed`: this end closed it, or a new link of the same client took its
   * place. `told`: the client sent the reason, in its own words.
   */
  down: [connection: Connection, reason: LinkEnd, told?: string];
  /** The event `peerError` of a connection. */
  peerError: [connection: Connection, error: PeerError];
  /** A connection was closed: by `close`, by `forget`, or because the client was down for `forgetAfterMs`. */
  gone: [connection: Connection];
  /**
   * The application was handed a line of a client (`received`), or has written one to it (`sent`). `ended` of a line sent
   * settles as its write does; a rejection is handled, whether or not `ended` is waited for. `ended` of a line received
   * resolves when the application is done with it: at once for `readline` and a loop over lines, otherwise at the `done()`
   * of its message, and never when that is not called. `receivedAt` is when a line received arrived.
   */
  line: [
    connection: Connection,
    direction: 'received' | 'sent',
    text: string,
    ended: Promise<void>,
    receivedAt?: Date,
  ];
  /**
   * A client has acked a line with qos, this long after the call of `write`, ms: with the outages that the line has waited
   * through. Not emitted for a line that was written `until: 'stored'`.
   */
  acked: [connection: Connection, ms: number];
  /** A client came whose id is in use by one that is alive (PROTOCOL.md section 5). */
  duplicate: [id: string, address: string | undefined];
  /** A newcomer was turned away; `detail` says more than the reason: what `authorize` answered. */
  refused: [reason: RefusalReason, id: string | undefined, address: string | undefined, detail?: string];
  /** The server was closed. */
  close: [];
}

export const SERVER_EVENTS = [
  'client',
  'up',
  'down',
  'peerError',
  'gone',
  'line',
  'acked',
  'duplicate',
  'refused',
  'close',
] as const satisfies readonly (keyof ServerEvents)[];
