/** A worker process, from the side of the program that starts it. The worker's side is `worker.ts`. */
import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { END } from './run.js';

/** A worker that was asked to end is killed after this time. */
const GRACE_MS = 30_000;

/** The type of orders (to a worker) and news (from a worker). */
export interface Message {
  readonly type: string;
}

export interface WorkerOptions<News> {
  readonly name: string;
  /** The worker's program. */
  readonly program: URL;
  /** The worker's task, as JSON. */
  readonly role: unknown;
  /** Called with each message of the worker. */
  readonly heard?: (news: News) => void;
}

export interface WorkerProcessOptions<News> extends WorkerOptions<News> {
  /**
   * Called with each line that the worker prints. After the worker was asked to end, its standard output is
   * ignored.
   */
  readonly print: (line: string) => void;
}

export class WorkerProcess<Order, News extends Message> {
  readonly name: string;
  /** How it ended: an exit code, or the name of a signal. */
  readonly ended: Promise<number | string>;
  readonly #process: ChildProcess;
  /** The last message of each type, and the number of messages of that type. */
  readonly #told = new Map<string, { readonly news: News; readonly count: number }>();
  #lastError = '';
  #asked = false;

  constructor({ name, program, role, print, heard }: WorkerProcessOptions<News>) {
    this.name = name;
    this.#process = fork(fileURLToPath(program), [JSON.stringify(role)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced', // times are bigints, which JSON cannot contain
    });
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      if (!this.#asked) print(line); // at the end of a run all links go down, which is not worth printing
    });
    createInterface({ input: this.#process.stderr! }).on('line', (line) => {
      this.#lastError = line;
      print(line);
    });
    this.#process.on('message', (news: News) => {
      this.#told.set(news.type, { news, count: this.count(news.type) + 1 });
      heard?.(news);
    });
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        resolve(error.message);
      });
      // Not 'exit', because output may arrive after that event.
      this.#process.once('close', (code, signal) => {
        resolve(code ?? signal ?? 'unknown');
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** True once it was asked to end, or killed. */
  get askedToEnd(): boolean {
    return this.#asked;
  }

  /** The last line of its standard error. */
  get lastError(): string {
    return this.#lastError;
  }

  /** The last message of this type. */
  latest<T extends News['type']>(type: T): Extract<News, { type: T }> | undefined {
    return this.#told.get(type)?.news as Extract<News, { type: T }> | undefined;
  }

  /** The number of messages of this type. */
  count(type: News['type']): number {
    return this.#told.get(type)?.count ?? 0;
  }

  /** Sends an order. The worker answers with a message. */
  ask(order: Order): void {
    this.#send(order);
  }

  /** Kills the worker with SIGKILL. Resolves when it has ended. */
  async kill(): Promise<void> {
    this.#asked = true;
    this.#process.kill('SIGKILL');
    await this.ended;
  }

  /** Asks the worker to close everything and end; kills it when it does not. Resolves when it has ended. */
  async end(): Promise<number | string> {
    this.#asked = true;
    this.#send(END);
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), GRACE_MS);
    const how = await this.ended;
    clearTimeout(killer);
    return how;
  }

  #send(message: unknown): void {
    // The send fails if the worker has died, which `ended` shows.
    if (this.#process.connected) this.#process.send(message as Message, () => undefined);
  }
}
