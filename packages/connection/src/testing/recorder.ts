import type { TransportEnd, TransportHandlers } from '../ports.js';

/** Keeps what a transport reports, and waits for it. */
export class Recorder implements TransportHandlers {
  bytes = 0;
  drains = 0;
  readonly ends: TransportEnd[] = [];
  /** Called in every report, for what a contract case does from inside. */
  inside: () => void = () => undefined;
  readonly #chunks: Uint8Array[] = [];
  readonly #waiting = new Set<() => void>();

  /** All that has come, as one. */
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
    // A copy: the chunk is ours only until we return.
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

  /** Resolves once the condition holds, looked at after each report. */
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

  /** Resolves once so much has come, right or wrong. */
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
