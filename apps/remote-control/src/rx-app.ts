import { connect, type Client } from '@iot/client';
import type { Led } from './led.js';
import type { Log } from './log.js';
import { Newest } from './newest.js';
import { parse } from './state.js';

export interface RxAppOptions {
  readonly host: string;
  readonly port: number;
  /** Silence that counts as an outage, in ms. */
  readonly timeout: number;
  readonly led: Led;
  readonly log: Log;
}

/** The client with the LED. */
export class App {
  readonly #client: Client;
  readonly #led: Led;
  readonly #log: Log;
  readonly #newest = new Newest();

  constructor({ host, port, timeout, led, log }: RxAppOptions) {
    this.#led = led;
    this.#log = log;
    this.#client = connect({
      id: 'rx',
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
      if (up) this.#newest.linkUp();
    });
  }

  /** Shows what the server tells until the app is closed. */
  async start(): Promise<void> {
    let shown: boolean | undefined;
    // In an outage this waits until it ends, and the LED stays as it is.
    for await (const line of this.#client) {
      const state = parse(line);
      if (state === undefined) {
        this.#log.nonsense(line);
      } else if (this.#newest.accepts(state) && state.on !== shown) {
        this.#led.show(state.on);
        shown = state.on;
      }
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
