/**
 * The proxy: a listening socket and its links. Faults asked of the proxy are asked of every link; what a stall
 * leaves behind for links to come is kept in `#stalled`.
 */
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { each, type Direction, type Directions } from './direction.js';
import { Emitter } from './emitter.js';
import { FaultProxyError } from './errors.js';
import { ProxyLink, type CutKind, type Link, type LinkEnd, type LinkHooks } from './link.js';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface FaultProxyStats {
  /** Links that have not ended. */
  readonly links: number;
  /** Connections accepted, those that the server refused included. */
  readonly accepted: number;
  /** Links that a cut ended. */
  readonly cuts: number;
  /** Times that a link was put into a stall, in one direction or both; a link that begins stalled counts. */
  readonly stalls: number;
  /** Bytes handed to the server's sockets, ended links included. */
  readonly bytesToServer: number;
  /** Bytes handed to the clients' sockets, ended links included. */
  readonly bytesToClient: number;
}

export interface FaultProxyEvents {
  /** A new link is connected on both sides. */
  readonly link: Link;
  /** A link has ended, one that the server refused included. */
  readonly linkEnd: { readonly link: Link; readonly end: LinkEnd };
}

export class FaultProxy implements AsyncDisposable {
  /** Where it listens. */
  readonly host: string;
  readonly port: number;

  readonly #listener: Server;
  readonly #to: Endpoint;
  readonly #events = new Emitter<FaultProxyEvents>();
  readonly #stalled = new Set<Direction>();
  /** Links whose sockets are not both closed; a link cut with FIN is in here until its peers end too. */
  readonly #links = new Set<ProxyLink>();
  readonly #tally = { accepted: 0, cuts: 0, stalls: 0, bytesToServer: 0, bytesToClient: 0 };
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  /** Use `startFaultProxy`. `listener` is listening. */
  constructor(listener: Server, to: Endpoint) {
    const address = listener.address() as AddressInfo;
    this.host = address.address;
    this.port = address.port;
    this.#listener = listener;
    this.#to = to;
    listener.on('connection', (client) => {
      this.#accept(client);
    });
    listener.on('error', () => undefined); // a failed accept is the client's to notice
  }

  /** The links that have not ended, oldest first. */
  get links(): readonly Link[] {
    return this.#live();
  }

  get stats(): FaultProxyStats {
    const live = this.#live();
    return {
      ...this.#tally,
      links: live.length,
      bytesToServer: live.reduce((sum, link) => sum + link.bytesToServer, this.#tally.bytesToServer),
      bytesToClient: live.reduce((sum, link) => sum + link.bytesToClient, this.#tally.bytesToClient),
    };
  }

  /**
   * Ends every link now, towards both sides, stalled or not. Bytes that had not passed are lost. `fin`: each
   * side reads an end, after the bytes already passed; what it still sends is thrown away. `rst`: each side
   * sees ECONNRESET. Returns how many links it ended. New links are accepted as before.
   */
  cut(kind: CutKind): number {
    return this.#live().filter((link) => link.cut(kind)).length;
  }

  /**
   * Lets nothing pass: no bytes, no FIN, no reset, while all sockets stay open (half-open, as when WiFi is lost).
   * Bytes already handed to the far socket have passed. New links are accepted, connected to the server, and
   * stalled too.
   */
  stall(directions: Directions = 'both'): void {
    for (const direction of each(directions)) this.#stalled.add(direction);
    for (const link of this.#live()) link.stall(directions);
  }

  /** Everything held back goes on its way: bytes in order, then the end or reset, if one came. */
  resume(directions: Directions = 'both'): void {
    for (const direction of each(directions)) this.#stalled.delete(direction);
    for (const link of this.#live()) link.resume(directions);
  }

  /** Listens to an event; returns the function that stops. A listener that throws is an uncaught exception. */
  on<K extends keyof FaultProxyEvents>(
    name: K,
    listener: (payload: FaultProxyEvents[K]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * The next link that comes to stand on both sides after this call; those before are in `links`.
   * Aborting only stops the waiting, and rejects with `signal.reason`; `close` rejects with `ERR_CLOSED`.
   */
  nextLink({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Link> {
    const closing = this.#closing.signal;
    return this.#events.next('link', signal ? AbortSignal.any([signal, closing]) : closing);
  }

  /** Stops listening, closes every socket, waits until they are closed. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#shutdown());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #live(): ProxyLink[] {
    return [...this.#links].filter((link) => link.state !== 'ended');
  }

  #accept(client: Socket): void {
    const server = connect({ ...this.#to, allowHalfOpen: true, noDelay: true });
    const link = new ProxyLink(++this.#tally.accepted, client, server, this.#hooks);
    this.#links.add(link);
    const [stalled, andTheOther] = this.#stalled;
    if (stalled !== undefined) link.stall(andTheOther === undefined ? stalled : 'both');
  }

  readonly #hooks: LinkHooks = {
    opened: (link) => {
      this.#events.emit('link', link);
    },
    stalled: () => {
      this.#tally.stalls += 1;
    },
    ended: (link, end) => {
      if (end.type === 'cut') this.#tally.cuts += 1;
      this.#tally.bytesToServer += link.bytesToServer;
      this.#tally.bytesToClient += link.bytesToClient;
      this.#events.emit('linkEnd', { link, end });
    },
    gone: (link) => {
      this.#links.delete(link);
    },
  };

  async #shutdown(): Promise<void> {
    this.#closing.abort(new FaultProxyError('ERR_CLOSED', 'the proxy was closed'));
    const stopped = new Promise((resolve) => this.#listener.close(resolve));
    await Promise.all([stopped, ...[...this.#links].map((link) => link.shutdown())]);
  }
}
