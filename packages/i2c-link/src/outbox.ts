import { cut } from './channel.js';

/**
 * What was written and is not taken: payloads in order. Two writes never share one, so that the other unit, which holds
 * off after each payload until it is read, holds at most one line at a time.
 */
export class Outbox {
  #payloads: Uint8Array[] = [];
  #bytes = 0;

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues bytes, which stay unchanged. */
  add(bytes: Uint8Array): void {
    this.#payloads.push(...cut(bytes));
    this.#bytes += bytes.length;
  }

  /** The payload to send now. */
  peek(): Uint8Array | undefined {
    return this.#payloads[0];
  }

  /** The other unit has taken that payload; its length. */
  taken(): number {
    const length = this.#payloads.shift()?.length ?? 0;
    this.#bytes -= length;
    return length;
  }

  clear(): void {
    this.#payloads = [];
    this.#bytes = 0;
  }
}
