import type { Socket } from 'node:net';
import type { Transport, TransportEnd, TransportHandlers } from '../ports.js';
import { peerAddress } from './peer-address.js';

/** How long `close` waits for the other end to take what was written and to close too. */
const LINGER_MS = 250;

/**
 * Bytes of one link that are handled in one turn of the event loop. The rest waits for the next turn, in which the other
 * links come first: one that floods costs them a fraction of a millisecond each time.
 */
const SHARE_BYTES = 16 * 1024;

/** A connected TCP (or TLS) socket as a transport, which owns it from now on. */
export class TcpTransport implements Transport {
  readonly remoteAddress: string | undefined;
  readonly #socket: Socket;
  #handlers: TransportHandlers | undefined;
  /** A part of what was read waits for its turn. */
  #slicing = false;
  #finished: TransportEnd | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddress = peerAddress(socket);
    socket.setNoDelay(true);
    socket.on('error', () => this.#finish('reset'));
  }

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('drain', () => this.#handlers?.drain());
    this.#socket.on('end', () => this.#finish('fin'));
    this.#socket.on('close', () => this.#finish('fin'));
    // A socket that broke before it was started reports nothing more.
    if (this.#socket.destroyed) queueMicrotask(() => this.#end('reset'));
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.write(bytes);
  }

  async close(): Promise<void> {
    this.#handlers = undefined;
    const socket = this.#socket;
    if (socket.destroyed) return;
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
    this.#handlers?.data(chunk.subarray(0, SHARE_BYTES));
    this.#slicing = chunk.length > SHARE_BYTES;
    if (!this.#slicing) {
      if (this.#finished !== undefined) this.#end(this.#finished);
      return;
    }
    const rest = chunk.subarray(SHARE_BYTES);
    this.#socket.pause();
    setImmediate(() => {
      if (rest.length <= SHARE_BYTES) this.#socket.resume();
      this.#take(rest);
    });
  }

  /** The socket is at its end; what was received before and waits for its turn comes first. */
  #finish(how: TransportEnd): void {
    this.#finished ??= how;
    if (!this.#slicing) this.#end(this.#finished);
  }

  #end(how: TransportEnd): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    this.#socket.destroy();
    handlers?.ended(how);
  }
}
