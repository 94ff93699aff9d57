/** `HeldBytes`: buffers the bytes of a newcomer (a client whose link has not begun yet) until its session can read them. */
import type { Socket } from 'node:net';

/**
 * Enough for the opening line of version 2 and an hour of keepalives, one a second. A correct client sends nothing else before
 * the server answers.
 */
const MOST_BYTES = 4096;

/**
 * Buffers the bytes that arrive from a newcomer while it waits. The socket is read during the wait, because otherwise its end
 * would not be noticed. If more bytes arrive than `MOST_BYTES`, reading stops, and the rest stays in the operating system.
 */
export class HeldBytes {
  readonly #socket: Socket;
  readonly #more: (bytes: Uint8Array) => void;
  #bytes: Uint8Array;

  /**
   * @param first the bytes that have already been read
   * @param more called with all bytes so far, each time that bytes arrive
   */
  constructor(socket: Socket, first: Uint8Array, more: (bytes: Uint8Array) => void = () => undefined) {
    this.#socket = socket;
    this.#bytes = first;
    this.#more = more;
    socket.on('data', this.#onData).resume();
  }

  /** Stops reading, and returns all bytes that came after the hello. */
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
