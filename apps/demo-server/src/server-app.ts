import type { Server } from '@iot/server';
import { App, type AppOptions } from './app.js';
import type { Data } from './message.js';

export interface ServerAppOptions extends AppOptions {
  /** The client's. */
  readonly id: string;
}

/** The server's side of one client. */
export class ServerApp extends App {
  readonly #server: Server;
  readonly #options: ServerAppOptions;
  /** The list that goes back and forth. */
  #data: Data = [0, 0, 0];

  constructor(server: Server, options: ServerAppOptions) {
    super(options);
    this.#server = server;
    this.#options = options;
  }

  async start(): Promise<void> {
    const { id, log } = this.#options;
    const conn = await this.#server.client(id); // it has come
    log.state(true, conn);
    this.watch(conn);
    await this.talk(conn);
  }

  protected override came(data: Data): void {
    this.#data = data;
  }

  protected list(count: number): Data {
    this.#data[0] = count;
    return this.#data;
  }
}
