import { connect, type Client } from '@iot/client';
import type { Button } from './button.js';
import type { Log } from './log.js';
import { StateSender } from './state-sender.js';

export interface TxAppOptions {
  readonly host: string;
  readonly port: number;
  /** Silence that counts as an outage, in ms. */
  readonly timeout: number;
  readonly button: Button;
  readonly log: Log;
}

/** The client with the button. */
export class App {
  readonly #client: Client;
  readonly #button: Button;
  readonly #log: Log;
  readonly #stop = new AbortController();

  constructor({ host, port, timeout, button, log }: TxAppOptions) {
    this.#button = button;
    this.#log = log;
    this.#client = connect({
      id: 'tx',
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

  /** Tells the server the state of the button until the app is closed. */
  async start(): Promise<void> {
    const sender = new StateSender(this.#client); // each change, and after an outage the state of that moment
    sender.set(this.#button.on);
    const changed = (on: boolean): void => {
      sender.set(on);
      const unsent = this.#client.status ? '' : ', not sent: the link is down';
      this.#log.note(`button ${on ? 'on' : 'off'}${unsent}`);
    };
    await Promise.all([this.#button.watch(changed, this.#stop.signal), this.#reader()]);
  }

  /** Nobody writes to it; but what is not read would pile up. */
  async #reader(): Promise<void> {
    for await (const line of this.#client) this.#log.nonsense(line);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#client.close();
  }
}
