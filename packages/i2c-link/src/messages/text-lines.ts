/** Splits the bytes of a channel into lines of text. A line may come in several pieces. */
import { LineSplitter, PeerError } from '@iot/framing';

export class TextLines {
  readonly #maxBytes: number;
  readonly #who: string;
  readonly #splitter: LineSplitter;

  /**
   * @param maxBytes length of the longest line, including its first character, the type
   * @param who the sender of the lines, for error messages
   */
  constructor(maxBytes: number, who: string) {
    this.#maxBytes = maxBytes;
    this.#who = who;
    this.#splitter = new LineSplitter(maxBytes);
  }

  /** The lines that end in this piece. A line that is too long or not UTF-8 is replaced by a `PeerError`. */
  push(chunk: Uint8Array): (string | PeerError)[] {
    this.#splitter.push(chunk);
    const lines = [];
    for (let raw = this.#splitter.next(); raw !== undefined; raw = this.#splitter.next()) {
      lines.push(raw.complete ? (raw.text ?? this.#notUtf8()) : this.#tooLong());
    }
    return lines;
  }

  #notUtf8(): PeerError {
    return new PeerError('ERR_BAD_UTF8', `${this.#who} sent a line that is not UTF-8`);
  }

  #tooLong(): PeerError {
    return new PeerError(
      'ERR_LINE_TOO_LONG',
      `${this.#who} sent a line of more than ${this.#maxBytes} bytes: split it or raise maxLineBytes`,
    );
  }
}
