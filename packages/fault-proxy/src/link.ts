/**
 * One client's connection through the proxy: two sockets, joined by two pipes, one for each direction. A link
 * is `connecting` from the accept until the server's side is connected, and then `open`. It becomes `ended`
 * when both sockets have closed, or at once when it is cut or the proxy closes.
 */
import type { Socket } from 'node:net';
import { each, type Direction, type Directions } from './direction.js';
import type { DropPredicate } from './drop.js';
import { Shaping, type Faults } from './faults.js';
import { Pipe, reset, type PipeHooks } from './pipe.js';
import { PLAIN, type Shape } from './shape.js';
import type { ShapingTally } from './stats.js';

/**
 * `fin`: both sides read end-of-stream. `rst`: `socket.resetAndDestroy()`, which the other side sees as
 * ECONNRESET.
 */
export type CutKind = 'fin' | 'rst';

/** Why a link ended. `code` is the system's error code, such as ECONNRESET. */
export type LinkEnd =
  | { readonly type: 'cut'; readonly kind: CutKind }
  | { readonly type: 'closed' } // both sides sent FIN
  | { readonly type: 'reset'; readonly by: 'client' | 'server'; readonly code: string }
  | { readonly type: 'refused'; readonly code: string } // the server could not be reached
  | { readonly type: 'proxyClosed' };

/** `connecting` until the server has been reached. */
export type LinkState = 'connecting' | 'open' | 'ended';

/** One connection of a client, through the proxy, to the server. */
export interface Link extends Faults {
  /** 1 for the proxy's first link, 2 for the next. */
  readonly id: number;
  /** When it was accepted: milliseconds since 1970. */
  readonly openedAt: number;
  /** The port of the client's end, which identifies the client. */
  readonly clientPort: number | undefined;
  /** `open` while both sockets are connected. */
  readonly state: LinkState;
  /** Bytes handed to the server's socket. */
  readonly bytesToServer: number;
  /** Bytes handed to the client's socket. */
  readonly bytesToClient: number;
  /** Whether the link is stalled, for each direction. */
  readonly stalled: Readonly<Record<Direction, boolean>>;
  /** Resolves with the reason once the link has ended; never rejects. */
  readonly ended: Promise<LinkEnd>;
  /** The same as the proxy's `cut`, for this link. Returns false if the link had already ended. */
  cut(kind: CutKind): boolean;
  /**
   * Drops the next chunk for which `predicate` returns true (default: the next chunk). The sockets stay open.
   * A chunk is the result of one read. In a protocol of lines it may be several lines or half a line, so that
   * a drop may join the rest of two lines. The predicate `wholeLines` avoids that. Each call drops one chunk
   * in each direction, and is pending until then or until `heal`. An exception in a predicate becomes an
   * uncaught exception.
   */
  dropNext(directions: Directions, predicate?: DropPredicate): void;
}

/** Callbacks from a link to its proxy, and the proxy's random generator. */
export interface LinkHooks {
  readonly tally: ShapingTally;
  /** Random number for the jitter: from 0 up to, but not including, 1. */
  readonly random: () => number;
  dropped(link: ProxyLink, direction: Direction, chunk: Buffer): void;
  opened(link: ProxyLink): void;
  stalled(link: ProxyLink): void;
  ended(link: ProxyLink, end: LinkEnd): void;
  /** Called when both sockets are closed. After `cut('fin')` this happens when both peers have ended too. */
  gone(link: ProxyLink): void;
}

export class ProxyLink extends Shaping implements Link {
  readonly id: number;
  readonly openedAt = Date.now();
  readonly clientPort: number | undefined;
  readonly ended: Promise<LinkEnd>;
  readonly #hooks: LinkHooks;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #pipes: Readonly<Record<Direction, Pipe>>;
  readonly #gone: Promise<unknown>;
  #state: LinkState = 'connecting';
  #failure: LinkEnd | undefined;
  #resolveEnded!: (end: LinkEnd) => void;

  /**
   * @param client already accepted
   * @param server still connecting; both sockets allow half-open
   */
  constructor(id: number, client: Socket, server: Socket, hooks: LinkHooks) {
    super();
    this.id = id;
    this.clientPort = client.remotePort;
    this.#client = client;
    this.#server = server;
    this.#hooks = hooks;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    client.on('error', (error) => {
      this.#failure ??= { type: 'reset', by: 'client', code: codeOf(error) };
    });
    server.on('error', (error) => {
      const code = codeOf(error);
      this.#failure ??=
        this.#state === 'connecting' ? { type: 'refused', code } : { type: 'reset', by: 'server', code };
    });
    this.#pipes = {
      toServer: new Pipe(client, server, this.#pipeHooks('toServer')),
      toClient: new Pipe(server, client, this.#pipeHooks('toClient')),
    };
    server.once('connect', () => {
      this.#open();
    });
    this.#gone = Promise.all([closed(client), closed(server)]).then(() => {
      this.#end(this.#failure ?? { type: 'closed' });
      hooks.gone(this);
    });
  }

  get state(): LinkState {
    return this.#state;
  }

  get bytesToServer(): number {
    return this.#pipes.toServer.bytes;
  }

  get bytesToClient(): number {
    return this.#pipes.toClient.bytes;
  }

  /** Bytes that were read and wait in the proxy. */
  get queuedBytes(): number {
    return this.#pipes.toServer.queuedBytes + this.#pipes.toClient.queuedBytes;
  }

  get stalled(): Readonly<Record<Direction, boolean>> {
    return { toServer: this.#pipes.toServer.stalled, toClient: this.#pipes.toClient.stalled };
  }

  cut(kind: CutKind): boolean {
    if (this.#state === 'ended') return false;
    this.#pipes.toServer.abandon();
    this.#pipes.toClient.abandon();
    for (const socket of [this.#client, this.#server]) {
      if (kind === 'rst') reset(socket);
      else endCleanly(socket);
    }
    this.#end({ type: 'cut', kind });
    return true;
  }

  stall(directions: Directions = 'both'): void {
    if (this.#state === 'ended') return;
    const changed = each(directions).filter((direction) => this.#pipes[direction].stall());
    if (changed.length > 0) this.#hooks.stalled(this);
  }

  resume(directions: Directions = 'both'): void {
    for (const direction of each(directions)) this.#pipes[direction].resume();
  }

  override reshape(patch: Partial<Shape>, directions: Directions): void {
    for (const direction of each(directions)) this.#pipes[direction].reshape(patch);
  }

  dropNext(directions: Directions, predicate: DropPredicate = () => true): void {
    for (const direction of each(directions)) this.#pipes[direction].drops.add(predicate);
  }

  heal(): void {
    for (const direction of each('both')) this.#pipes[direction].drops.clear();
    this.reshape(PLAIN, 'both');
    this.resume();
  }

  /** Closes both sockets at once; resolves when they are closed. */
  async shutdown(): Promise<void> {
    this.#client.destroy();
    this.#server.destroy();
    this.#end({ type: 'proxyClosed' });
    await this.#gone;
  }

  #pipeHooks(direction: Direction): PipeHooks {
    const { tally, random } = this.#hooks;
    return { tally, random, dropped: (chunk) => this.#hooks.dropped(this, direction, chunk) };
  }

  #open(): void {
    this.#state = 'open';
    this.#pipes.toServer.open();
    this.#pipes.toClient.open();
    this.#hooks.opened(this);
  }

  #end(end: LinkEnd): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#resolveEnded(end);
    this.#hooks.ended(this, end);
  }
}

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.name;
}

/**
 * Ends a socket with FIN. Does not destroy it: Linux sends RST when a socket with unread bytes is closed. The
 * pipe continues to read, and discards the bytes.
 */
function endCleanly(socket: Socket): void {
  if (socket.connecting) socket.destroy();
  else socket.end();
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
}
