import { decodeText, idOfBytes, joinBytes, NEWLINE } from './wire-text.js';

export interface ClientReaderOptions {
  readonly timeoutMs: number;
  readonly onAck: (id: number) => void;
  /** False: the message is dropped, and not acked. */
  readonly hasSpace: () => boolean;
  /** Called before anything is known of the message but its id. */
  readonly onMessageId: (id: number) => void;
  /** Whether the message is to be queued; it has been acked already. */
  readonly isNew: (id: number) => boolean;
  /** Puts the line into the application's queue; false when there is no space. */
  readonly enqueue: (line: string) => boolean;
}

/**
 * The original client's reader of one link. It reads as fast as bytes come, and every split point is the same to
 * it. It has twice the timeout until the first line that is not a keepalive, then once the timeout.
 */
export class ClientReader {
  readonly #options: ClientReaderOptions;
  #partial: Uint8Array = new Uint8Array(0);
  #heardAt: number;
  #silenceMs: number;
  #dead = false;
  #suspectedAt = -Infinity;
  /** At least one whole line has come, if only a keepalive. */
  up = false;

  constructor(options: ClientReaderOptions, now: number) {
    this.#options = options;
    this.#heardAt = now;
    this.#silenceMs = 2 * options.timeoutMs;
  }

  /** Bad input has ended it: nothing more is read on this link, and silence goes unnoticed. */
  get dead(): boolean {
    return this.#dead;
  }

  /** The original counts whole ms and gives up when more than its timeout has passed. */
  get silentAt(): number {
    return this.#dead ? Infinity : this.#heardAt + this.#silenceMs + 1;
  }

  /**
   * Whether the peer has been silent for too long. An original looks into the socket before it decides, so the first
   * answer after the time is up is no: the caller asks again one turn of the event loop later.
   */
  isSilent(now: number): boolean {
    const { silentAt } = this;
    if (now < silentAt) return false;
    const isSure = this.#suspectedAt === silentAt;
    this.#suspectedAt = silentAt;
    return isSure;
  }

  /** Returns false when the application's queue overflowed: the link is to be given up. */
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
