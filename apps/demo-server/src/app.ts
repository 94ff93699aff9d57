/** What runs at either end of a link: a reader, and a writer with a pace of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@iot/client';
import type { Log } from './log.js';
import { parse, type Data } from './message.js';

export interface AppOptions {
  /** Pause between two lines sent, in ms. */
  readonly interval: number;
  readonly log: Log;
}

export abstract class App {
  readonly #interval: number;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #writing: Promise<void> | undefined;

  constructor({ interval, log }: AppOptions) {
    this.#interval = interval;
    this.#log = log;
  }

  /** Waits until the link is up for the first time, then reads and writes until it is closed. */
  abstract start(): Promise<void>;

  /** The list to send. */
  protected abstract list(count: number): Data;

  /** Called for each list that comes. */
  protected came(_data: Data): void {
    // A client looks at it no further.
  }

  protected watch(link: Connection): void {
    link.on('state', (up) => {
      this.#log.state(up, link);
    });
    link.on('close', () => {
      this.#stop.abort(); // a pause ends too
    });
  }

  protected async talk(link: Connection): Promise<void> {
    this.#writing = this.#writer(link);
    await Promise.all([this.#reader(link), this.#writing]);
  }

  async #reader(link: Connection): Promise<void> {
    // In an outage this waits until it ends.
    for await (const line of link) {
      const data = parse(line);
      if (data === undefined) {
        this.#log.nonsense(line);
        continue;
      }
      this.came(data);
      this.#log.got(data);
    }
  }

  /** The first line at once, then one after each pause. */
  async #writer(link: Connection): Promise<void> {
    const { signal } = this.#stop;
    for (let count = 0; !signal.aborted; count++) {
      const data = this.list(count);
      this.#log.writing(data);
      await link.write(JSON.stringify(data)); // acked; in an outage this waits until it ends
      this.#log.sent(data);
      await sleep(this.#interval, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Sends nothing more; resolves once all that was sent is acked. Goes on reading. */
  async finish(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }
}
