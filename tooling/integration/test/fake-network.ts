import type { Network } from '@iot/client';

/** A network that is always to be had, and can be taken away. */
export class FakeNetwork implements Network {
  readonly hasCredentials = true;
  readonly #listeners = new Set<(connected: boolean) => void>();
  #connected = false;

  isConnected(): Promise<boolean> {
    return Promise.resolve(this.#connected);
  }

  connect(): Promise<void> {
    this.set(true);
    return Promise.resolve();
  }

  disconnect(): Promise<void> {
    this.set(false);
    return Promise.resolve();
  }

  onChange(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  set(connected: boolean): void {
    if (this.#connected === connected) return;
    this.#connected = connected;
    for (const listener of [...this.#listeners]) listener(connected);
  }
}
