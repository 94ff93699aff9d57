/** The owner of a transport in the contract tests: records the reports of the transport, and waits for them. */
import type { TransportEnd, TransportHandlers } from '../ports.js';

/** Records the reports of a transport. */
export class Recorder implements TransportHandlers {
  bytes = 0;
  drains = 0;
  readonly ends: TransportEnd[] = [];
  /** Called in every report, so that a test can act from inside a report. */
  inside: () => void = () => undefined;
  readonly #chunks: Uint8Array[] = [];
  readonly #waiting = new Set<() => void>();

  /** All bytes received so far. */
  get all(): Uint8Array {
    const all = new Uint8Array(this.bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  get text(): string {
    return String.fromCharCode(...this.all);
  }

  get reports(): number {
    return this.#chunks.length + this.drains + this.ends.length;
  }

  data(chunk: Uint8Array): void {
    // A copy, because the chunk is valid only until this call returns.
    this.#chunks.push(Uint8Array.from(chunk));
    this.bytes += chunk.length;
    this.#reported();
  }

  drain(): void {
    this.drains += 1;
    this.#reported();
  }

  ended(how: TransportEnd): void {
    this.ends.push(how);
    this.#reported();
  }

  /** Resolves once the condition is true. It is checked now and after each report. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves once this number of bytes has been received, whatever they are. */
  hears(bytes: number): Promise<void> {
    return this.until(() => this.bytes >= bytes);
  }

  end(): Promise<void> {
    return this.until(() => this.ends.length > 0);
  }

  #reported(): void {
    this.inside();
    for (const look of [...this.#waiting]) look();
  }
}
