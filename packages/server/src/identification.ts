/**
 * Asks a newcomer that offers version 2 for its epoch, which identifies the run of its session (PROTOCOL-2.md section 4). The
 * server sends its opening line, which does not allow the newcomer to send messages yet. The newcomer answers with its own
 * opening line, which contains the epoch.
 */
import { decodeUtf8, readOpening } from '@iot/framing';
import type { Newcomer } from './handshake.js';
import { HeldBytes } from './held-bytes.js';

export class Identification {
  readonly #told: (epoch: string) => void;
  readonly #held: HeldBytes;
  #known = false;

  /** @param told called with the epoch of the newcomer, once at most */
  constructor({ socket, rest }: Newcomer, question: Uint8Array, told: (epoch: string) => void) {
    this.#told = told;
    socket.write(question);
    this.#held = new HeldBytes(socket, rest, (bytes) => this.#look(bytes));
  }

  /** Stops reading, and returns all bytes that came after the hello. */
  finish(): Uint8Array {
    return this.#held.finish();
  }

  #look(bytes: Uint8Array): void {
    if (this.#known) return;
    // The first line is the offer and is skipped. So are empty lines, which are keepalives, and a last line without its newline.
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
