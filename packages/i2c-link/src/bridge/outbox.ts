/**
 * The queue of messages from the bridge to the board. One message at a time is on the channel. The next one goes out when
 * the board has received it completely. A waiting message is replaced by a newer one of the same kind, so the queue does
 * not grow while the board receives nothing.
 *
 * Keepalives and long lines: a MicroPython board resets the responder when 4 s pass between two keepalives. In the middle
 * of a long line no keepalive can be sent. So a keepalive goes out immediately before a long line: the 4 s then begin
 * with the line. The board does not count before the first keepalive on a channel, so there a long line goes out before
 * the first keepalive. A line that takes more than 4 s costs one reset, and then arrives on the next channel.
 */
import { encodeUtf8 } from '@iot/framing';
import { MAX_TRANSFER_BYTES } from '../channel/payloads.js';
import { encodeResponderMessage, type ResponderMessage } from '../messages/conversation.js';

/** The kinds of messages other than lines, in the order in which they are sent. They go before lines (but see above). */
const KINDS = ['stopped', 'state', 'keepalive', 'report'] as const;
export type Kind = (typeof KINDS)[number];

export class Outbox {
  readonly #waiting: Partial<Record<Kind, ResponderMessage | undefined>> = {};
  #onChannel: { readonly isLine: boolean; left: number } | undefined;
  /** True when the last message was a keepalive and the next one has followed without a pause so far. */
  #saidAlive = false;
  /** True once a keepalive was sent on this channel: from then on the board counts the time between keepalives. */
  #counts = false;

  /** True while nothing is on the channel. */
  get idle(): boolean {
    return this.#onChannel === undefined;
  }

  put(kind: Kind, message: ResponderMessage): void {
    this.#waiting[kind] = message;
  }

  /**
   * The bytes to write next; undefined while a message is on the channel, or when there is nothing to send.
   *
   * @param line a line from the server; it goes out when no other message waits
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
      // The next line may come much later than the last keepalive.
      this.#saidAlive = false;
      return undefined;
    }
    if (isLong && this.#counts && !this.#saidAlive) return this.#begin({ type: 'keepalive' });
    return this.#begin({ type: 'line', text: line });
  }

  /** The board has received `bytes` further bytes. Returns true when they complete a line from the server. */
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
