/** What runs at either end of a link: a reader, and a writer with a pace of its own. */
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
  /** The list to send; `last` is what came last. */
  readonly list: (count: number, last?: Data) => Data;
}

/** What a client with a network of its own sends. */
export function clientList(link: Connection): AppOptions['list'] {
  return (count) => [link.connects, count, freemem()];
}

/** The server's side of one client, whose id is given. */
export function serverApp(server: Server, { id, ...options }: EndOptions & { readonly id: string }): App {
  return new App(server.client(id), {
    ...options,
    // The list that goes back and forth.
    list: (count, last = [0, 0, 0]) => {
      last[0] = count;
      return last;
    },
  });
}

/** One end: what runs on a board, with a network of its own or behind a bridge, or at the server for one client. */
export class App {
  readonly #link: Connection | Promise<Connection>;
  readonly #options: AppOptions;
  readonly #stop = new AbortController();
  #last: Data | undefined;
  #writing: Promise<void> | undefined;

  /** @param link or a promise of it, which resolves once the client has come; its owner closes it */
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
      this.#stop.abort(); // a pause ends too
    });
    await link.ready();
    this.#writing = this.#writer(link);
    await Promise.all([this.#reader(link), this.#writing]);
  }

  async #reader(link: Connection): Promise<void> {
    const { log } = this.#options;
    // In an outage this waits until it ends.
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

  /** The first line at once, then one after each pause. */
  async #writer(link: Connection): Promise<void> {
    const { interval, log, list } = this.#options;
    const { signal } = this.#stop;
    for (let count = 0; !signal.aborted; count++) {
      const data = list(count, this.#last);
      log.writing(data);
      await link.write(JSON.stringify(data)); // acked; in an outage this waits until it ends
      log.sent(data);
      await sleep(interval, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Sends nothing more; resolves once all that was sent is acked. Goes on reading. */
  async finish(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }
}
