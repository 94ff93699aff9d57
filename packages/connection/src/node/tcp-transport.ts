/**
 * A transport (`ports.ts`) over a TCP or TLS socket of Node. It limits the bytes that one link may deliver in one turn of the
 * event loop, so that a client that floods the server does not delay the others.
 */
import type { Socket } from 'node:net';
import type { Transport, TransportEnd, TransportHandlers } from '../ports.js';
import { peerAddress } from './peer-address.js';

/** How long `close` waits for the other end to read the rest and to close too. */
const LINGER_MS = 250;

/**
 * Most bytes of one link that are handled in one turn of the event loop. The rest waits for the next turn, after the bytes of
 * the other links. A link that floods therefore delays the others by a fraction of a millisecond in each turn. The bytes of
 * all chunks in a turn are added up, because TLS delivers up to fifteen chunks in one turn.
 */
const SHARE_BYTES = 16 * 1024;

/** Counts the turns of the event loop in which any link received bytes. */
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

/** A transport over a connected TCP or TLS socket. The transport owns the socket from now on. */
export class TcpTransport implements Transport {
  /** These add listeners that all sockets share, so that a socket needs no functions of its own. This saves memory. */
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
  /** Bytes that were read from the socket and wait for the next turn. */
  #rest: Uint8Array | undefined;
  /** True while `hold` is on. */
  #held = false;
  /** The last turn in which this link received bytes, and how many more it may deliver in that turn. */
  #turn = -1;
  #left = 0;
  #finished: TransportEnd | undefined;

  /** @param remoteAddress of the client, if the connection comes from a load balancer */
  constructor(socket: Socket, remoteAddress = peerAddress(socket)) {
    this.#socket = Object.assign(socket, { [OWNER]: this });
    this.remoteAddress = remoteAddress;
    socket.setNoDelay(true);
    TcpTransport.#listenToError(this.#socket);
  }

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    TcpTransport.#listen(this.#socket);
    // A socket that broke before `start` emits no further events.
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
    // Bytes that still arrive are read and discarded: otherwise the end of the socket would not be noticed.
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

  /** Delivers `#rest` in the next turn, unless `hold` is on by then. */
  #nextTurn(): void {
    setImmediate(() => {
      const rest = this.#rest;
      if (rest === undefined || this.#held) return;
      this.#turn = -1;
      if (rest.length <= SHARE_BYTES) this.#socket.resume();
      this.#take(rest);
    });
  }

  /** The socket has ended. The end is reported after `#rest` was delivered. */
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
