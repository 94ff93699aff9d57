import type { Socket } from 'node:net';

/** More than an opening line has, and a keepalive a second for an hour: a well-behaved client sends nothing else yet. */
const MOST_BYTES = 4096;

/**
 * What comes from a newcomer while it waits to be let in: kept for the session, not read by it. Reading goes on, so that
 * the end of the socket is noticed, up to a limit; beyond it the client's bytes stay in the operating system.
 */
export class HeldBytes {
  readonly #socket: Socket;
  readonly #more: (bytes: Uint8Array) => void;
  #bytes: Uint8Array;

  /**
   * @param first what has come already
   * @param more called with all that has come, each time that more has
   */
  constructor(socket: Socket, first: Uint8Array, more: (bytes: Uint8Array) => void = () => undefined) {
    this.#socket = socket;
    this.#bytes = first;
    this.#more = more;
    socket.on('data', this.#onData).resume();
  }

  /** All that has come after the hello. Nothing is read any more. */
  finish(): Uint8Array {
    this.#socket.off('data', this.#onData).pause();
    return this.#bytes;
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (this.#bytes.length > MOST_BYTES) this.#socket.pause();
    this.#more(this.#bytes);
  };
}
