import { LinkError } from '@iot/framing';
import type { Network } from '../src/index.js';

/** A network that does at once what it is told, and writes down what that was. */
export class FakeNetwork implements Network {
  readonly hasCredentials: boolean;
  readonly calls: string[] = [];
  /** Attempts that are still to fail. */
  failures: number;
  readonly #listeners = new Set<(connected: boolean) => void>();
  #connected = false;

  constructor({ hasCredentials = true, failures = 0 } = {}) {
    this.hasCredentials = hasCredentials;
    this.failures = failures;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  isConnected(): Promise<boolean> {
    return Promise.resolve(this.#connected);
  }

  connect(): Promise<void> {
    this.calls.push('connect');
    if (this.failures-- > 0) return Promise.reject(new LinkError('ERR_NETWORK', 'the network is not here'));
    this.set(true);
    return Promise.resolve();
  }

  disconnect(): Promise<void> {
    this.calls.push('disconnect');
    this.set(false);
    return Promise.resolve();
  }

  onChange(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** It comes or goes by itself. */
  set(connected: boolean): void {
    if (this.#connected === connected) return;
    this.#connected = connected;
    for (const listener of [...this.#listeners]) listener(connected);
  }
}
