/** Links for tests: their ends are closed at the end of the test. */
import { connect, type Client, type ConnectOptions } from '@iot/client';
import { listen, type ListenOptions, type Server } from '@iot/server';
import { News } from '@iot/vitest-config/news';
import { onTestFinished } from 'vitest';
import type { LinkLog } from '../log.js';

export const HOST = '127.0.0.1';

/**
 * A timeout, in ms, that is long enough to avoid outages on a busy machine. For tests that end links on
 * purpose.
 */
export const STEADY_MS = 60_000;

/** The options of a program that is a server for a test. */
export const LOOPBACK = ['--host', HOST, '--port', '0', '--timeout', String(STEADY_MS)];

/** A server on a free port of the loopback address, with a steady link. */
export async function serve(options: ListenOptions = {}): Promise<Server> {
  const server = await listen({ port: 0, host: HOST, timeout: STEADY_MS, ...options });
  onTestFinished(() => server.close());
  return server;
}

/** A client without an app, instead of a board. */
export function dial(port: number | string, options: Partial<ConnectOptions> = {}): Client {
  const client = connect({ id: '1', host: HOST, port: Number(port), timeout: STEADY_MS, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** A client instead of a board. Closed at the end of the test. */
export function board(id: string, port: number, options: Partial<ConnectOptions> = {}): Client {
  return dial(port, { id, ...options });
}

/** The lists that every log keeps. */
interface Lists {
  readonly notes: string[];
  readonly states: boolean[];
  readonly nonsense: string[];
  readonly trouble: string[];
}

/** A log for tests: records the events, and resolves waits for them. */
export class TestLog<More extends object = object> implements LinkLog {
  readonly all: Lists & More;
  readonly #news = new News();

  /** @param more further lists */
  constructor(more: More = {} as More) {
    this.all = { notes: [], states: [], nonsense: [], trouble: [], ...more };
  }

  note(text: string): void {
    this.keep(this.all.notes, text);
  }
  state(up: boolean): void {
    this.keep(this.all.states, up);
  }
  nonsense(line: string): void {
    this.keep(this.all.nonsense, line);
  }
  trouble(message: string): void {
    this.keep(this.all.trouble, message);
  }

  /** Waits until a list has this number of entries. */
  async has(what: keyof (Lists & More), count: number): Promise<void> {
    await this.#news.until(() => (this.all[what] as readonly unknown[]).length >= count);
  }

  /** Waits until the link, which is up, has changed its state this many times: 1 is down, 2 is up again. */
  async changes(times: number): Promise<void> {
    const { states } = this.all;
    await this.#news.until(() => states.at(-1) === true);
    await this.has('states', states.length + times);
  }

  protected keep<T>(list: T[], item: T): void {
    list.push(item);
    this.#news.tell();
  }
}
