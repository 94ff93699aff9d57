/**
 * What the responder has to tell the board, one message at a time on the channel: the next goes out when the board has
 * taken the last. A message that has waited is replaced by a later one of its kind, so that nothing piles up while the
 * board takes none.
 *
 * During a long line no keepalive can be sent, and an original board counts 4 s from each to the next. So one goes out
 * right before a long line, for the board to count from there. Before the first one on a channel the board does not
 * count: a long line goes ahead of that, and so one that takes more than 4 s gets there after the reset that it costs.
 */
import { encodeUtf8 } from '@iot/framing';
import { MAX_TRANSFER_BYTES } from '../channel/payloads.js';
import { encodeResponderMessage, type ResponderMessage } from '../messages/conversation.js';

/** What is about the link goes before what came over it. */
const KINDS = ['stopped', 'state', 'keepalive', 'report'] as const;
export type Kind = (typeof KINDS)[number];

export class Outbox {
  readonly #waiting: Partial<Record<Kind, ResponderMessage | undefined>> = {};
  #onChannel: { readonly isLine: boolean; left: number } | undefined;
  /** A keepalive was the last message, and nothing has been waited for since. */
  #saidAlive = false;
  /** There was a keepalive on this channel: the board counts. */
  #counts = false;

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
   */
  next(line: string | undefined): Uint8Array | undefined {
    if (this.#onChannel !== undefined) return undefined;
    const isLong = line !== undefined && encoded({ type: 'line', text: line }).length > MAX_TRANSFER_BYTES;
    for (const kind of KINDS) {
      const message = this.#waiting[kind];
      if (message === undefined || (kind === 'keepalive' && isLong && !this.#counts)) continue;
      this.#waiting[kind] = undefined;
      return this.#begin(message);
    }
    if (line === undefined) {
      // The next line may come much later.
      this.#saidAlive = false;
      return undefined;
    }
    if (isLong && this.#counts && !this.#saidAlive) return this.#begin({ type: 'keepalive' });
    return this.#begin({ type: 'line', text: line });
  }

  /** The board has this number of bytes more; true when they end a line of the server's. */
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
    this.#counts ||= this.#saidAlive;
    return bytes;
  }
}

function encoded(message: ResponderMessage): Uint8Array {
  return encodeUtf8(`${encodeResponderMessage(message)}\n`);
}
