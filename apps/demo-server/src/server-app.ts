import type { Connection, Server } from '@iot/server';
import { counting } from './counting.js';
import type { Log } from './log.js';
import { parse, type Data } from './message.js';

export interface ServerAppOptions {
  /** Pause between two lines sent, in ms. */
  readonly interval: number;
  readonly log: Log;
}

/** The server's side of one client. */
export class App {
  readonly #server: Server;
  readonly #id: string;
  readonly #options: ServerAppOptions;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #writing: Promise<void> | undefined;
  /** The list that goes back and forth. */
  #data: Data = [0, 0, 0];

  constructor(server: Server, id: string, options: ServerAppOptions) {
    this.#server = server;
    this.#id = id;
    this.#options = options;
    this.#log = options.log;
  }

  /** Waits until this client has come, then reads and writes until the server is closed. */
  async start(): Promise<void> {
    const conn = await this.#server.client(this.#id);
    this.#log.state(true, conn);
    conn.on('state', (up) => {
      this.#log.state(up, conn);
    });
    conn.on('close', () => {
      this.#stop.abort(); // a pause ends too
    });
    this.#writing = this.#writer(conn);
    await Promise.all([this.#reader(conn), this.#writing]);
  }

  async #reader(conn: Connection): Promise<void> {
    // In an outage this waits until it ends.
    for await (const line of conn) {
      const data = parse(line);
      if (data === undefined) {
        this.#log.nonsense(line);
        continue;
      }
      this.#data = data;
      this.#log.got(data);
    }
  }

  async #writer(conn: Connection): Promise<void> {
    for await (const count of counting(this.#options.interval, this.#stop.signal)) {
      const data = this.#data;
      data[0] = count;
      this.#log.writing(data);
      await conn.write(JSON.stringify(data)); // acked; in an outage this waits until it ends
      this.#log.sent(data);
    }
  }

  /** Sends nothing more; resolves once all that was sent is acked. Goes on reading. */
  async finish(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }
}
