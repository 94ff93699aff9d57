import type { Server } from '@iot/server';
import type { Log } from './log.js';
import { Newest } from './newest.js';
import { StateSender } from './state-sender.js';
import { parse } from './state.js';

export interface ServerAppOptions {
  /** One for each client. */
  readonly log: { readonly tx: Log; readonly rx: Log };
}

/** Between the two clients: the state of `tx` goes to `rx`. */
export class App {
  readonly #server: Server;
  readonly #log: ServerAppOptions['log'];
  /** The state of tx, once it has told one. */
  #on: boolean | undefined;
  /** There once both clients have come. */
  #toRx: StateSender | undefined;

  /** @param server one that expects `tx` and `rx` */
  constructor(server: Server, { log }: ServerAppOptions) {
    this.#server = server;
    this.#log = log;
  }

  /** Passes states on until the server is closed. */
  async start(): Promise<void> {
    await Promise.all([this.#reader(), this.#writer()]);
  }

  /** Reads from the first line on, so that what is pressed before rx is there is not replayed to it. */
  async #reader(): Promise<void> {
    const tx = await this.#server.client('tx');
    const newest = new Newest();
    this.#log.tx.state(true, tx);
    tx.on('state', (up) => {
      this.#log.tx.state(up, tx);
      if (up) newest.linkUp();
    });
    for await (const line of tx) {
      const state = parse(line);
      if (state === undefined) {
        this.#log.tx.nonsense(line);
      } else if (newest.accepts(state)) {
        this.#on = state.on;
        this.#toRx?.set(state.on);
        this.#log.tx.note(`is ${state.on ? 'on' : 'off'}`);
      }
    }
  }

  async #writer(): Promise<void> {
    const rx = await this.#server.waitAll('rx');
    this.#toRx = new StateSender(rx); // from here on it sends by itself, after an outage too
    if (this.#on !== undefined) this.#toRx.set(this.#on);
    this.#log.rx.state(true, rx);
    this.#log.rx.note('both clients are here');
    rx.on('state', (up) => {
      this.#log.rx.state(up, rx);
    });
    for await (const line of rx) this.#log.rx.nonsense(line); // it has nothing to say
  }
}
