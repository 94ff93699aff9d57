/** The events of a server: about itself, about all its clients, and about newcomers (clients whose link has not begun yet). */
import type { Connection } from '@iot/connection';
import type { PeerError } from '@iot/framing';
import type { LinkEnd } from '@iot/qos';
import type { RefusalReason } from './handshake.js';

/** Events of a server, with the arguments of their listeners. Clients are forgotten even if these events have listeners. */
export interface ServerEvents {
  /**
   * A client with an unknown id has connected, and has a new session. The event is emitted just before the link is up, so that a
   * listener to `state` of the connection misses no event. With a store it is also emitted for each session of an earlier
   * process, after `listen` has resolved.
   */
  client: [connection: Connection];
  /** The link of a client came up. */
  up: [connection: Connection];
  /**
   * The link of a client that was up has ended. The reason `closed`: this end closed it, or a new link of the same client
   * replaced it. `told` is the text with which the client explained the end, if it sent one.
   */
  down: [connection: Connection, reason: LinkEnd, told?: string];
  /** The event `peerError` was emitted by a connection. */
  peerError: [connection: Connection, error: PeerError];
  /** A connection was closed: by `close`, by `forget`, or because the client was down for `forgetAfterMs`. */
  gone: [connection: Connection];
  /**
   * The application was given a line of a client (`received`), or has written a line to it (`sent`). `ended` of a sent line
   * settles as its write does; if it rejects, there is no unhandled rejection. `ended` of a received line resolves when the
   * application is done with the line: at once for `readline` and a loop over lines, and at the call of `done()` for a message.
   * Without that call it never resolves. `receivedAt` is the time at which a received line arrived.
   */
  line: [
    connection: Connection,
    direction: 'received' | 'sent',
    text: string,
    ended: Promise<void>,
    receivedAt?: Date,
  ];
  /**
   * A client has acked a line with qos. `ms` is the time since the call of `write`, including outages. The event is not emitted
   * for a line that was written `until: 'stored'`.
   */
  acked: [connection: Connection, ms: number];
  /** A newcomer was refused because its id already has an open link (PROTOCOL.md section 5). */
  duplicate: [id: string, address: string | undefined];
  /** A newcomer was refused. `detail` explains the reason, for instance by the text that `authorize` returned. */
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
