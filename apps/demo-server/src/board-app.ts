import { openBoard, type Board, type BoardOptions } from '@iot/i2c-link/board';
import { counting } from './counting.js';
import type { Log } from './log.js';
import { parse } from './message.js';

export interface BoardAppOptions {
  readonly id: string;
  /** Where the bridge finds the server. */
  readonly host: string;
  readonly port: number;
  /** Silence that counts as an outage, in ms. */
  readonly timeout: number;
  /** Pause between two lines sent, in ms. */
  readonly interval: number;
  /** The bus, and the wires to the bridge. */
  readonly hardware: Pick<BoardOptions, 'slave' | 'syn' | 'ack' | 'reset'>;
  readonly log: Log;
}

/** A board without a network: what runs on it, beside a bridge that has one. */
export class App implements AsyncDisposable {
  readonly #board: Board;
  readonly #options: BoardAppOptions;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #writing: Promise<void> | undefined;

  constructor(options: BoardAppOptions) {
    const { id, host, port, timeout, hardware, log } = options;
    this.#options = options;
    this.#log = log;
    this.#board = openBoard({
      id,
      host,
      port,
      timeout,
      ...hardware,
      // Returning means: reset the bridge, so that it tries again.
      badServer: (error) => {
        log.trouble(`${error.message} Trying again until it answers.`);
      },
    });
    this.#board.on('state', (up) => {
      log.state(up, this.#board);
    });
  }

  /** Waits until the bridge has reached the server, then reads and writes until the app is closed. */
  async start(): Promise<void> {
    await this.#board.ready();
    this.#writing = this.#writer();
    await Promise.all([this.#reader(), this.#writing]);
  }

  async #reader(): Promise<void> {
    // While the bridge is away this waits until it is back.
    for await (const line of this.#board) {
      const data = parse(line);
      if (data === undefined) this.#log.nonsense(line);
      else this.#log.got(data);
    }
  }

  async #writer(): Promise<void> {
    for await (const count of counting(this.#options.interval, this.#stop.signal)) {
      const data = [42, count, 99];
      this.#log.writing(data);
      await this.#board.write(JSON.stringify(data)); // taken by the bridge; while that is away this waits
      this.#log.sent(data);
    }
  }

  /** Sends nothing more; resolves once the bridge has all that was sent. Goes on reading. */
  async finish(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(); // a pause ends too
    await this.#board.close();
  }
}
