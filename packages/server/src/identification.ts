/**
 * Asks a newcomer that offers version 2 which run of a session it is, before it has one here: it answers the server's
 * opening line, which gives it no room for messages, with its own (PROTOCOL-2.md section 4).
 */
import { decodeUtf8, readOpening } from '@iot/framing';
import type { Newcomer } from './handshake.js';

/** More than an opening line has, and a keepalive a second for an hour: nothing else can come before there is room. */
const MOST_BYTES = 4096;

export class Identification {
  readonly #newcomer: Newcomer;
  readonly #told: (epoch: string) => void;
  #bytes: Uint8Array;
  #known = false;

  /** @param told called once, with the epoch of the newcomer, if it says one */
  constructor(newcomer: Newcomer, question: Uint8Array, told: (epoch: string) => void) {
    this.#newcomer = newcomer;
    this.#told = told;
    this.#bytes = newcomer.rest;
    newcomer.socket.write(question);
    newcomer.socket.on('data', this.#onData).resume();
  }

  /** All that has come behind the hello. Nothing is read any more. */
  finish(): Uint8Array {
    this.#newcomer.socket.off('data', this.#onData).pause();
    return this.#bytes;
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (this.#bytes.length > MOST_BYTES) this.#newcomer.socket.pause();
    if (this.#known) return;
    // Behind the offer; what has no newline yet is no line, and a keepalive is an empty one.
    const line = (decodeUtf8(this.#bytes) ?? '')
      .split('\n')
      .slice(1, -1)
      .find((each) => each !== '');
    if (line === undefined) return;
    const opening = readOpening(line);
    this.#known = true;
    if (opening !== undefined) this.#told(opening.epoch);
  };
}
