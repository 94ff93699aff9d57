import { freemem } from 'node:os';
import { connect, type Client } from '@iot/client';
import { counting } from './counting.js';
import type { Log } from './log.js';
import { parse } from './message.js';

export interface ClientAppOptions {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Silence that counts as an outage, in ms. */
  readonly timeout: number;
  /** Pause between two lines sent, in ms. */
  readonly interval: number;
  readonly log: Log;
}

/** One client: what runs on a board. */
export class App {
  readonly #client: Client;
  readonly #options: ClientAppOptions;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #writing: Promise<void> | undefined;

  constructor(options: ClientAppOptions) {
    const { id, host, port, timeout, log } = options;
    this.#options = options;
    this.#log = log;
    this.#client = connect({
      id,
      host,
      port,
      timeout,
      // Returning means: try again. So the server may be started after its clients.
      badServer: (error) => {
        log.trouble(`${error.message} Trying again until it answers.`);
      },
    });
    this.#client.on('state', (up) => {
      log.state(up, this.#client);
    });
  }

  /** Waits until the server answers, then reads and writes until the app is closed. */
  async start(): Promise<void> {
    await this.#client.ready();
    this.#writing = this.#writer();
    await Promise.all([this.#reader(), this.#writing]);
  }

  async #reader(): Promise<void> {
    // In an outage this waits until it ends.
    for await (const line of this.#client) {
      const data = parse(line);
      if (data === undefined) this.#log.nonsense(line);
      else this.#log.got(data);
    }
  }

  async #writer(): Promise<void> {
    for await (const count of counting(this.#options.interval, this.#stop.signal)) {
      const data = [this.#client.connects, count, freemem()];
      this.#log.writing(data);
      await this.#client.write(JSON.stringify(data)); // acked; in an outage this waits until it ends
      this.#log.sent(data);
    }
  }

  /** Sends nothing more; resolves once all that was sent is acked. Goes on reading. */
  async finish(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }

  async close(): Promise<void> {
    this.#stop.abort(); // a pause ends too
    await this.#client.close();
  }
}
