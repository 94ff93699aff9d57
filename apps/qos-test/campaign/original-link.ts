/** The model of an original client on a socket, in the place of a client of this project. */
import { OriginalClient } from '@iot/reference-models';
import { Board, runClient } from '@iot/reference-models/sockets';
import type { Link } from '../src/traffic.js';

/** Its own pause would be seconds. */
const RECONNECT_MS = 20;

export interface OriginalLinkOptions {
  readonly id: string;
  readonly port: number;
  readonly timeout: number;
}

export class OriginalLink implements Link, AsyncDisposable {
  readonly #board: Board<OriginalClient>;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #listeners: ((up: boolean) => void)[] = [];
  #up = false;
  #connects = 0;
  #outages = 0;

  constructor({ id, port, timeout }: OriginalLinkOptions) {
    const machine = new OriginalClient({ id, timeoutMs: timeout, reconnectDelayMs: RECONNECT_MS });
    this.#board = new Board(machine);
    this.#board.onStep = () => this.#look();
    this.#running = runClient(this.#board, port, this.#stop.signal);
  }

  get status(): boolean {
    return this.#up;
  }

  get connects(): number {
    return this.#connects;
  }

  /** An original does not count what it sends again and drops. */
  get stats() {
    return { protocol: 1, outages: this.#outages, retransmitted: 0, duplicatesDropped: 0 } as const;
  }

  on(_event: 'state', listener: (up: boolean) => void): void {
    this.#listeners.push(listener);
  }

  async ready(): Promise<void> {
    if (this.#up) return;
    await new Promise<void>((resolve) => {
      this.on('state', (up) => {
        if (up) resolve();
      });
    });
  }

  async write(line: string, { wait }: { readonly wait: boolean }): Promise<void> {
    await this.#board.write(line, wait);
  }

  async *messages() {
    for (let n = 0; ; n++) {
      const lines = await this.#board.reads(n + 1);
      yield { text: lines[n]!, redelivered: false, receivedAt: new Date(), done: () => undefined };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #look(): void {
    const { up } = this.#board.machine;
    if (up === this.#up) return;
    this.#up = up;
    if (up) this.#connects += 1;
    else this.#outages += 1;
    for (const listener of this.#listeners) listener(up);
  }
}
