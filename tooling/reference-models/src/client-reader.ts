import { decodeText, idOfBytes, joinBytes, NEWLINE } from './wire-text.js';

export interface ClientReaderOptions {
  readonly timeoutMs: number;
  readonly onAck: (id: number) => void;
  /**
   * False in the versions of early 2019 while their one unread line waits: the message is then dropped and not
   * acked. Always true in later versions.
   */
  readonly hasSpace: () => boolean;
  /** Called with the id of each message, before the rest of the message is processed. */
  readonly onMessageId: (id: number) => void;
  /** Returns whether the message must be queued. It has already been acked. */
  readonly isNew: (id: number) => boolean;
  /**
   * Puts the line into the application's queue. Returns false if the queue is full: the line, already acked, is
   * lost, and the link ends.
   */
  readonly enqueue: (line: string) => boolean;
}

/**
 * The original client's reader of one link. It reads bytes as they arrive, and the boundaries of chunks do
 * not matter. Until the first line that is not a keepalive, silence may last two timeouts, and then one
 * timeout.
 */
export class ClientReader {
  readonly #options: ClientReaderOptions;
  #partial: Uint8Array = new Uint8Array(0);
  #heardAt: number;
  #silenceMs: number;
  #dead = false;
  #suspectedAt = -Infinity;
  /** True once a complete line has arrived, including a keepalive. */
  up = false;

  constructor(options: ClientReaderOptions, now: number) {
    this.#options = options;
    this.#heardAt = now;
    this.#silenceMs = 2 * options.timeoutMs;
  }

  /**
   * True once invalid input has ended the reader. Nothing more is read on this link, and silence is not
   * detected.
   */
  get dead(): boolean {
    return this.#dead;
  }

  /**
   * The time at which the peer counts as silent. The original counts whole ms, and ends the link when more
   * than its timeout has passed.
   */
  get silentAt(): number {
    return this.#dead ? Infinity : this.#heardAt + this.#silenceMs + 1;
  }

  /**
   * Whether the peer has been silent for too long. An original reads the socket before it decides. So the
   * first call after the time is over returns false, and the caller must call again one turn of the event
   * loop later.
   */
  isSilent(now: number): boolean {
    const { silentAt } = this;
    if (now < silentAt) return false;
    const isSure = this.#suspectedAt === silentAt;
    this.#suspectedAt = silentAt;
    return isSure;
  }

  /** Returns false if the application's queue has overflowed. The link must then be ended. */
  receive(chunk: Uint8Array, now: number): boolean {
    if (this.#dead) return true;
    this.#heardAt = now;
    let rest = joinBytes(this.#partial, chunk);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      const line = rest.subarray(0, end);
      rest = rest.subarray(end + 1);
      this.up = true;
      if (line.length > 0 && !this.#take(line)) return false;
      if (this.dead) break;
    }
    this.#partial = rest;
    return true;
  }

  #take(line: Uint8Array): boolean {
    this.#silenceMs = this.#options.timeoutMs;
    const id = idOfBytes(line);
    if (id === undefined) {
      this.#dead = true;
      return true;
    }
    if (line.length === 2) {
      this.#options.onAck(id);
      return true;
    }
    if (!this.#options.hasSpace()) return true;
    this.#options.onMessageId(id);
    if (!this.#options.isNew(id)) return true;
    const text = decodeText(line.subarray(2));
    if (text === undefined) {
      this.#dead = true;
      return true;
    }
    return this.#options.enqueue(text);
  }
}
