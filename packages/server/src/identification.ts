/**
 * Asks a newcomer that offers version 2 which run of a session it is, before it has one here: it answers the server's
 * opening line, which gives it no space for messages, with its own (PROTOCOL-2.md section 4).
 */
import { decodeUtf8, readOpening } from '@iot/framing';
import type { Newcomer } from './handshake.js';
import { HeldBytes } from './held-bytes.js';

export class Identification {
  readonly #told: (epoch: string) => void;
  readonly #held: HeldBytes;
  #known = false;

  /** @param told called once, with the epoch of the newcomer, if it says one */
  constructor({ socket, rest }: Newcomer, question: Uint8Array, told: (epoch: string) => void) {
    this.#told = told;
    socket.write(question);
    this.#held = new HeldBytes(socket, rest, (bytes) => this.#look(bytes));
  }

  /** All that has come after the hello. Nothing is read any more. */
  finish(): Uint8Array {
    return this.#held.finish();
  }

  #look(bytes: Uint8Array): void {
    if (this.#known) return;
    // After the offer. Bytes without a newline are not a line yet; a keepalive is an empty one.
    const line = (decodeUtf8(bytes) ?? '')
      .split('\n')
      .slice(1, -1)
      .find((each) => each !== '');
    if (line === undefined) return;
    const opening = readOpening(line);
    this.#known = true;
    if (opening !== undefined) this.#told(opening.epoch);
  }
}
