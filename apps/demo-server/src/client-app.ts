import { freemem } from 'node:os';
import type { Connection } from '@iot/client';
import { App, type AppOptions } from './app.js';
import type { Data } from './message.js';

export interface ClientAppOptions extends AppOptions {
  /** The list to send. */
  readonly list: (count: number) => Data;
}

/** One client: what runs on a board, with a network of its own or behind a bridge. */
export class ClientApp extends App {
  protected readonly list: ClientAppOptions['list'];
  readonly #link: Connection;

  /** @param link a client of the server; its owner closes it */
  constructor(link: Connection, { list, ...options }: ClientAppOptions) {
    super(options);
    this.list = list;
    this.#link = link;
    this.watch(link);
  }

  async start(): Promise<void> {
    await this.#link.ready(); // the server answers
    await this.talk(this.#link);
  }
}

/** What a client with a network of its own sends. */
export function clientList(link: Connection): ClientAppOptions['list'] {
  return (count) => [link.connects, count, freemem()];
}
