/**
 * The proxy: a listening socket and its links. A fault set on the proxy is set on every link. `#stalled`,
 * `#shapes` and `#refusing` keep the faults that also apply to later links.
 */
import { EventEmitter } from 'node:events';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { each, type Direction, type Directions } from './direction.js';
import type { DropPredicate } from './drop.js';
import { FaultProxyError } from './errors.js';
import { Shaping, type Faults } from './faults.js';
import { ProxyLink, type CutKind, type Link, type LinkEnd, type LinkHooks } from './link.js';
import { reset } from './pipe.js';
import { PLAIN, type Shape } from './shape.js';
import { newTally, type FaultProxyStats } from './stats.js';

/** Where a TCP server listens. */
export interface Endpoint {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
}

/** The events of a proxy, by name, and what their listeners get. */
export interface FaultProxyEvents {
  /** A new link is connected on both sides. */
  readonly link: Link;
  /** A link has ended, or was refused by the server. */
  readonly linkEnd: { readonly link: Link; readonly end: LinkEnd };
  /** `dropNext` has dropped a chunk. */
  readonly drop: { readonly link: Link; readonly direction: Direction; readonly chunk: Buffer };
  /** `refuse` has reset a new connection. */
  readonly refusal: { readonly clientPort: number | undefined };
}

/** A proxy that listens; made by `startFaultProxy`. Leaving the scope of `await using` closes it. */
export interface FaultProxy extends Faults, AsyncDisposable {
  /** The address that it listens on. */
  readonly host: string;
  /** The port that it listens on, to which clients connect. */
  readonly port: number;
  /** The links that have not ended, oldest first. */
  readonly links: readonly Link[];
  /** The current counters. */
  readonly stats: FaultProxyStats;
  /**
   * Ends every link at once, on both sides, even if it is stalled. Bytes that have not passed are lost.
   * `fin`: each side reads end-of-stream after the bytes that have passed; bytes that it still sends are
   * discarded. `rst`: each side gets ECONNRESET. Returns the number of links it ended. New links are still
   * accepted.
   */
  cut(kind: CutKind): number;
  /** Stalls every link, and every later link after it is connected to the server. */
  stall(directions?: Directions): void;
  /** Drops the next chunk of each existing link: see `Link.dropNext`. Returns the number of links. */
  dropNext(directions: Directions, predicate?: DropPredicate): number;
  /** While on, a new connection is accepted and reset at once, and no connection to the server is made. */
  refuse(on: boolean): void;
  /**
   * Ends every active fault, including `refuse`, for existing and later links. Passes on everything that was
   * held back.
   */
  heal(): void;
  /**
   * Adds a listener, and returns a function that removes it. An exception in a listener becomes an uncaught
   * exception; the proxy and the other listeners continue.
   */
  on<K extends keyof FaultProxyEvents>(name: K, listener: (payload: FaultProxyEvents[K]) => void): () => void;
  /**
   * Resolves with the next link that is connected on both sides after this call. Earlier links are in
   * `links`. Aborting ends the wait and rejects with `signal.reason`. `close` rejects with `ERR_CLOSED`.
   * Never an unhandled rejection.
   */
  nextLink(options?: { readonly signal?: AbortSignal | undefined }): Promise<Link>;
  /** Stops listening, closes every socket, waits until they are closed. Idempotent. */
  close(): Promise<void>;
}

export class TcpFaultProxy extends Shaping implements FaultProxy {
  readonly host: string;
  readonly port: number;

  readonly #listener: Server;
  readonly #to: () => Endpoint;
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #random: () => number;
  readonly #stalled = new Set<Direction>();
  readonly #shapes: Record<Direction, Shape> = { toServer: PLAIN, toClient: PLAIN };
  #refusing = false;
  /** Links that have an open socket. A link cut with FIN stays here until its peers end too. */
  readonly #links = new Set<ProxyLink>();
  readonly #tally = newTally();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  /** `listener` is listening. */
  constructor(listener: Server, to: () => Endpoint, random: () => number) {
    super();
    const address = listener.address() as AddressInfo;
    this.host = address.address;
    this.port = address.port;
    this.#listener = listener;
    this.#to = to;
    this.#random = random;
    listener.on('connection', (client) => {
      this.#accept(client);
    });
    listener.on('error', () => undefined); // when an accept fails, the client sees the error
  }

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
      queuedBytes: [...this.#links].reduce((sum, link) => sum + link.queuedBytes, 0),
    };
  }

  cut(kind: CutKind): number {
    return this.#live().filter((link) => link.cut(kind)).length;
  }

  stall(directions: Directions = 'both'): void {
    for (const direction of each(directions)) this.#stalled.add(direction);
    for (const link of this.#live()) link.stall(directions);
  }

  resume(directions: Directions = 'both'): void {
    for (const direction of each(directions)) this.#stalled.delete(direction);
    for (const link of this.#live()) link.resume(directions);
  }

  dropNext(directions: Directions, predicate?: DropPredicate): number {
    const links = this.#live();
    for (const link of links) link.dropNext(directions, predicate);
    return links.length;
  }

  refuse(on: boolean): void {
    this.#refusing = on;
  }

  heal(): void {
    this.#refusing = false;
    this.#stalled.clear();
    for (const direction of each('both')) this.#shapes[direction] = PLAIN;
    for (const link of this.#live()) link.heal();
  }

  protected override reshape(patch: Partial<Shape>, directions: Directions): void {
    for (const direction of each(directions)) {
      this.#shapes[direction] = { ...this.#shapes[direction], ...patch };
    }
    for (const link of this.#live()) link.reshape(patch, directions);
  }

  on<K extends keyof FaultProxyEvents>(
    name: K,
    listener: (payload: FaultProxyEvents[K]) => void,
  ): () => void {
    const entry = (payload: FaultProxyEvents[K]): void => {
      try {
        listener(payload);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    };
    this.#events.on(name, entry);
    return () => {
      this.#events.off(name, entry);
    };
  }

  nextLink({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Link> {
    // Not AbortSignal.any: Node 20 may collect a signal that is given to it, such as AbortSignal.timeout, as garbage.
    const signals = [this.#closing.signal, ...(signal ? [signal] : [])];
    const waiting = new AbortController();
    const { signal: over } = waiting;
    const next = new Promise<Link>((resolve, reject) => {
      for (const each of signals) {
        const abort = () => {
          waiting.abort();
          reject(each.reason as Error);
        };
        if (each.aborted) abort();
        else each.addEventListener('abort', abort, { signal: over });
      }
      const stop = this.on('link', (link) => {
        waiting.abort();
        resolve(link);
      });
      if (over.aborted) stop();
      else over.addEventListener('abort', stop, { once: true });
    });
    next.catch(() => undefined);
    return next;
  }

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
    if (this.#refusing) {
      this.#tally.refusals += 1;
      const { remotePort: clientPort } = client;
      reset(client);
      this.#tell('refusal', { clientPort });
      return;
    }
    const { host, port } = this.#to();
    const server = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const link = new ProxyLink(++this.#tally.accepted, client, server, this.#hooks);
    this.#links.add(link);
    for (const direction of each('both')) link.reshape(this.#shapes[direction], direction);
    const [stalled, andTheOther] = this.#stalled;
    if (stalled !== undefined) link.stall(andTheOther === undefined ? stalled : 'both');
  }

  #tell<K extends keyof FaultProxyEvents>(name: K, payload: FaultProxyEvents[K]): void {
    this.#events.emit(name, payload);
  }

  readonly #hooks: LinkHooks = {
    tally: this.#tally,
    random: () => this.#random(),
    dropped: (link, direction, chunk) => {
      this.#tally.dropped += 1;
      this.#tally.bytesDropped += chunk.length;
      this.#tell('drop', { link, direction, chunk });
    },
    opened: (link) => {
      this.#tell('link', link);
    },
    stalled: () => {
      this.#tally.stalls += 1;
    },
    ended: (link, end) => {
      if (end.type === 'cut') this.#tally.cuts += 1;
      this.#tally.bytesToServer += link.bytesToServer;
      this.#tally.bytesToClient += link.bytesToClient;
      this.#tell('linkEnd', { link, end });
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
