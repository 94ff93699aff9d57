import type { Transport, TransportHandlers } from '@iot/connection';
import type { WireEnd } from '@iot/simulation';

/** One end of a simulated TCP connection as a transport. */
export class WireTransport implements Transport {
  readonly remoteAddress: string;
  readonly #end: WireEnd;

  constructor(end: WireEnd) {
    this.remoteAddress = end.name;
    this.#end = end;
  }

  start(handlers: TransportHandlers): void {
    this.#end.onClosed = (how) => handlers.ended(how);
    this.#end.onDrain = () => handlers.drain();
    this.#end.onData = (chunk) => handlers.data(chunk);
  }

  write(bytes: Uint8Array): boolean {
    return this.#end.write(bytes);
  }

  close(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.#end.onClosed = undefined;
    this.#end.onDrain = undefined;
    this.#end.close();
  }
}
