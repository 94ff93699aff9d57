import { PeerError } from './errors.js';
import { LineSplitter } from './line-splitter.js';
import { ownText } from './utf8.js';

/** A client's id and the bytes that came after it, which belong to the link's decoder. */
export interface Hello {
  readonly id: string;
  readonly rest: Uint8Array;
}

/**
 * Reads the first line of a link, the client's id (PROTOCOL.md sections 1 and 6). Who may come in is not decided here.
 */
export class HelloReader {
  readonly #lines: LineSplitter;
  readonly #maxIdBytes: number;

  constructor(maxIdBytes: number) {
    this.#maxIdBytes = maxIdBytes;
    this.#lines = new LineSplitter(maxIdBytes);
  }

  /**
   * The hello, once it is whole.
   *
   * @throws PeerError `ERR_BAD_HELLO` when it is empty, too long or not UTF-8.
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
