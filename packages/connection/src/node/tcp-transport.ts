import type { Socket } from 'node:net';
import type { Transport, TransportEnd, TransportHandlers } from '../ports.js';
import { peerAddress } from './peer-address.js';

/** How long `close` waits for the other end to take what was written and to close too. */
const LINGER_MS = 250;

/**
 * Bytes of one link that are handled in one turn of the event loop. The rest waits for the next turn, in which the other
 * links come first: one that floods costs them a fraction of a millisecond each time. They are counted over all chunks of
 * a turn, since TLS gives up to fifteen in one.
 */
const SHARE_BYTES = 16 * 1024;

/** Turns of the event loop in which bytes have come, of whatever link. */
let turns = 0;
let turnCounted = false;

function currentTurn(): number {
  if (!turnCounted) {
    turnCounted = true;
    setImmediate(() => {
      turnCounted = false;
      turns += 1;
    });
  }
  return turns;
}

const OWNER = Symbol('transport');

interface OwnedSocket extends Socket {
  [OWNER]: TcpTransport;
}

/** A connected TCP (or TLS) socket as a transport, which owns it from now on. */
export class TcpTransport implements Transport {
  /** Listen with functions that all sockets share: an idle one has none of its own. */
  static #listenToError: (socket: OwnedSocket) => void;
  static #listen: (socket: OwnedSocket) => void;

  static {
    function data(this: OwnedSocket, chunk: Uint8Array): void {
      this[OWNER].#take(chunk);
    }
    function drain(this: OwnedSocket): void {
      this[OWNER].#handlers?.drain();
    }
    function ended(this: OwnedSocket): void {
      this[OWNER].#finish('fin');
    }
    function failed(this: OwnedSocket): void {
      this[OWNER].#finish('reset');
    }
    this.#listenToError = (socket) => socket.on('error', failed);
    this.#listen = (socket) => {
      socket.on('data', data).on('drain', drain).on('end', ended).on('close', ended);
    };
  }

  readonly remoteAddress: string | undefined;
  readonly #socket: OwnedSocket;
  #handlers: TransportHandlers | undefined;
  /** What was read and waits for its turn. */
  #rest: Uint8Array | undefined;
  #held = false;
  /** The last turn in which bytes came, and what is left of the share then. */
  #turn = -1;
  #left = 0;
  #finished: TransportEnd | undefined;

  /** @param remoteAddress where a load balancer is in between: that of the client */
  constructor(socket: Socket, remoteAddress = peerAddress(socket)) {
    this.#socket = Object.assign(socket, { [OWNER]: this });
    this.remoteAddress = remoteAddress;
    socket.setNoDelay(true);
    TcpTransport.#listenToError(this.#socket);
  }

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    TcpTransport.#listen(this.#socket);
    // A socket that broke before it was started reports nothing more.
    if (this.#socket.destroyed) queueMicrotask(() => this.#end('reset'));
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.write(bytes);
  }

  hold(on: boolean): void {
    if (on === this.#held) return;
    this.#held = on;
    if (on) this.#socket.pause();
    else if (this.#rest !== undefined) this.#nextTurn();
    else this.#socket.resume();
  }

  async close(): Promise<void> {
    this.#handlers = undefined;
    const socket = this.#socket;
    if (socket.destroyed) return;
    // What still comes is discarded, so that the end is read.
    this.#held = false;
    await new Promise<void>((resolve) => {
      const linger = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.once('close', () => {
        clearTimeout(linger);
        resolve();
      });
      socket.resume();
      socket.end();
    });
  }

  destroy(): void {
    this.#handlers = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Uint8Array): void {
    const turn = currentTurn();
    if (this.#turn !== turn) this.#left = SHARE_BYTES;
    this.#turn = turn;
    const slicing = chunk.length > this.#left;
    const share = slicing ? chunk.subarray(0, this.#left) : chunk;
    this.#rest = slicing ? chunk.subarray(share.length) : undefined;
    this.#left -= share.length;
    if (slicing) this.#socket.pause();
    if (share.length > 0) this.#handlers?.data(share);
    if (!slicing && this.#finished !== undefined) this.#end(this.#finished);
    else if (slicing && !this.#held) this.#nextTurn();
  }

  /** What waits is reported in the next turn, unless it is held off by then. */
  #nextTurn(): void {
    setImmediate(() => {
      const rest = this.#rest;
      if (rest === undefined || this.#held) return;
      this.#turn = -1;
      if (rest.length <= SHARE_BYTES) this.#socket.resume();
      this.#take(rest);
    });
  }

  /** The socket is at its end; what was received before and waits for its turn comes first. */
  #finish(how: TransportEnd): void {
    this.#finished ??= how;
    if (this.#rest === undefined) this.#end(this.#finished);
  }

  #end(how: TransportEnd): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    this.#socket.destroy();
    handlers?.ended(how);
  }
}
