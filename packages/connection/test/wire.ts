import type { Transport, TransportEnd, TransportHandlers } from '../src/index.js';

/** A transport whose other end is the test: text in, text out, in single writes. */
export class Wire implements Transport {
  readonly remoteAddress = 'the test';
  readonly writes: string[] = [];
  /** While true it takes no more: a write is taken, and the next must wait. */
  full = false;
  left: 'closed' | 'destroyed' | undefined;
  #handlers: TransportHandlers | undefined;

  /** All written since the last look, keepalives left out. */
  takes(): string {
    return this.writes
      .splice(0)
      .join('')
      .replace(/^\n|(?<=\n)\n/g, '');
  }

  says(text: string): void {
    this.#handlers?.data(new TextEncoder().encode(text));
  }

  hasSpace(): void {
    this.full = false;
    this.#handlers?.drain();
  }

  ends(how: TransportEnd): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    handlers?.ended(how);
  }

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
  }

  write(bytes: Uint8Array): boolean {
    this.writes.push(new TextDecoder().decode(bytes));
    return !this.full;
  }

  close(): Promise<void> {
    this.left = 'closed';
    this.#handlers = undefined;
    return Promise.resolve();
  }

  destroy(): void {
    this.left ??= 'destroyed';
    this.#handlers = undefined;
  }
}
