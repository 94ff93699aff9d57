/** Reads the hello, the first line of a client on a link, at the server. */
import { PeerError } from './errors.js';
import { LineSplitter } from './line-splitter.js';
import { ownText } from './utf8.js';

/** A client's id, and the bytes that followed it in the same chunk. Pass these to the link's decoder. */
export interface Hello {
  readonly id: string;
  readonly rest: Uint8Array;
}

/**
 * Reads the first line of a link, the client's id (PROTOCOL.md sections 1 and 6). The caller decides whether the client
 * is accepted.
 */
export class HelloReader {
  readonly #lines: LineSplitter;
  readonly #maxIdBytes: number;

  constructor(maxIdBytes: number) {
    this.#maxIdBytes = maxIdBytes;
    this.#lines = new LineSplitter(maxIdBytes);
  }

  /**
   * Takes the next bytes. Returns the hello once its line is complete; undefined until then.
   *
   * @throws PeerError `ERR_BAD_HELLO` when the line is empty, too long or not UTF-8.
   */
  push(chunk: Uint8Array): Hello | undefined {
    this.#lines.push(chunk);
    const line = this.#lines.next();
    if (line === undefined) return undefined;
    if (!line.complete)
      throw new PeerError('ERR_BAD_HELLO', `the hello is longer than ${this.#maxIdBytes} bytes`);
    const id = line.text;
    if (id === undefined) throw new PeerError('ERR_BAD_HELLO', 'the hello is not UTF-8');
    if (id === '') throw new PeerError('ERR_BAD_HELLO', 'the hello is empty');
    return { id: ownText(id), rest: this.#lines.rest() };
  }
}
