/** The app at either end of a link: a reader, and a writer that sends at its own interval. */
import { freemem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@iot/client';
import type { Server } from '@iot/server';
import type { Log } from './log.js';
import { parse, type Data } from './message.js';

interface EndOptions {
  /** Pause between two lines sent, in ms. */
  readonly interval: number;
  readonly log: Log;
}

interface AppOptions extends EndOptions {
  /** The list to send. `last` is the last list that was received. */
  readonly list: (count: number, last?: Data) => Data;
}

/** The lists that a client with its own network sends. */
export function clientList(link: Connection): AppOptions['list'] {
  return (count) => [link.connects, count, freemem()];
}

/** The server's app for the client with this id. */
export function serverApp(server: Server, { id, ...options }: EndOptions & { readonly id: string }): App {
  return new App(server.client(id), {
    ...options,
    // Sends back the client's last list with the server's count.
    list: (count, last = [0, 0, 0]) => {
      last[0] = count;
      return last;
    },
  });
}

/**
 * The app of one end: of a board with its own network, of a board behind a bridge, or of the server for one
 * client.
 */
export class App {
  readonly #link: Connection | Promise<Connection>;
  readonly #options: AppOptions;
  readonly #stop = new AbortController();
  #last: Data | undefined;
  #writing: Promise<void> | undefined;

  /**
   * @param link the link, or a promise that resolves once the client has connected; its owner closes the link
   */
  constructor(link: Connection | Promise<Connection>, options: AppOptions) {
    this.#link = link;
    this.#options = options;
  }

  /** Waits until the link is up for the first time, then reads and writes until it is closed. */
  async start(): Promise<void> {
    const link = await this.#link;
    const { log } = this.#options;
    if (link.status) log.state(true, link);
    link.on('state', (up) => {
      log.state(up, link);
    });
    link.on('close', () => {
      this.#stop.abort(); // ends a pause too
    });
    await link.ready();
    this.#writing = this.#writer(link);
    await Promise.all([this.#reader(link), this.#writing]);
  }

  async #reader(link: Connection): Promise<void> {
    const { log } = this.#options;
    // During an outage this loop waits.
    for await (const line of link) {
      const data = parse(line);
      if (data === undefined) {
        log.nonsense(line);
        continue;
      }
      this.#last = data;
      log.got(data);
    }
  }

  /** Sends the first line at once, then one line after each pause. */
  async #writer(link: Connection): Promise<void> {
    const { interval, log, list } = this.#options;
    const { signal } = this.#stop;
    for (let count = 0; !signal.aborted; count++) {
      const data = list(count, this.#last);
      log.writing(data);
      await link.write(JSON.stringify(data)); // resolves at the ack, after the end of an outage
      log.sent(data);
      await sleep(interval, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Stops sending. Resolves once all sent lines are acked. Continues to read. */
  async finish(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }
}
