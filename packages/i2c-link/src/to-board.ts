/**
 * What the responder has to tell the board, one message at a time on the channel: the next goes out when the board has
 * taken the last. A message that has waited is replaced by a later one of its kind, so that nothing piles up while the
 * board takes none.
 */
import { encodeUtf8 } from '@iot/framing';
import { MAX_TRANSFER_BYTES } from './channel.js';
import { encodeResponderMessage, type ResponderMessage } from './conversation.js';

/** What is about the link goes before what came over it. */
const KINDS = ['stopped', 'state', 'keepalive', 'report'] as const;
type Kind = (typeof KINDS)[number];

export class ToBoard {
  readonly #waiting: Partial<Record<Kind, ResponderMessage | undefined>> = {};
  #onChannel: { readonly isLine: boolean; left: number } | undefined;
  /** The last message was a keepalive. */
  #saidAlive = false;

  /** True while nothing is on the channel. */
  get idle(): boolean {
    return this.#onChannel === undefined;
  }

  put(kind: Kind, message: ResponderMessage): void {
    this.#waiting[kind] = message;
  }

  /**
   * The bytes to write next, undefined while the board has not taken the last.
   *
   * @param line the server's line that goes out when there is nothing else
   * @param alive keepalives are sent
   */
  next(line: string | undefined, alive: boolean): Uint8Array | undefined {
    if (this.#onChannel !== undefined) return undefined;
    for (const kind of KINDS) {
      const message = this.#waiting[kind];
      if (message === undefined) continue;
      this.#waiting[kind] = undefined;
      return this.#begin(message);
    }
    if (line === undefined) return undefined;
    const message = { type: 'line', text: line } as const;
    const isLong = encoded(message).length > MAX_TRANSFER_BYTES;
    // A long line leaves no room for keepalives: the board is to count its 4 s from the beginning of it.
    if (isLong && alive && !this.#saidAlive) return this.#begin({ type: 'keepalive' });
    return this.#begin(message);
  }

  /** The board has so many more bytes; true when they end a line of the server's. */
  taken(bytes: number): boolean {
    const current = this.#onChannel;
    if (current === undefined) return false;
    current.left -= bytes;
    if (current.left > 0) return false;
    this.#onChannel = undefined;
    return current.isLine;
  }

  #begin(message: ResponderMessage): Uint8Array {
    const bytes = encoded(message);
    this.#onChannel = { isLine: message.type === 'line', left: bytes.length };
    this.#saidAlive = message.type === 'keepalive';
    return bytes;
  }
}

function encoded(message: ResponderMessage): Uint8Array {
  return encodeUtf8(`${encodeResponderMessage(message)}\n`);
}
