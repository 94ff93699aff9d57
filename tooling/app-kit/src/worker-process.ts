/** A worker process, seen from the program that starts it. The worker's own side is `worker.ts`. */
import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { END } from './run.js';

/** After it has been told to end, a worker has this long before it is killed. */
const GRACE_MS = 30_000;

/** Orders and news are unions of these. */
export interface Message {
  readonly type: string;
}

export interface WorkerOptions<News> {
  readonly name: string;
  /** The worker's program. */
  readonly program: URL;
  /** What the worker is to do: its `role`, as JSON can hold it. */
  readonly role: unknown;
  /** Takes all messages of the worker. */
  readonly heard?: (news: News) => void;
}

export interface WorkerProcessOptions<News> extends WorkerOptions<News> {
  /** Takes each line that the worker prints, but none of its standard output once it has been told to end. */
  readonly print: (line: string) => void;
}

export class WorkerProcess<Order, News extends Message> {
  readonly name: string;
  /** How it ended: an exit code, or the name of a signal. */
  readonly ended: Promise<number | string>;
  readonly #process: ChildProcess;
  /** The newest news of each type, and how many have come. */
  readonly #told = new Map<string, { readonly news: News; readonly count: number }>();
  #lastError = '';
  #asked = false;

  constructor({ name, program, role, print, heard }: WorkerProcessOptions<News>) {
    this.name = name;
    this.#process = fork(fileURLToPath(program), [JSON.stringify(role)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced', // times are bigints
    });
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      if (!this.#asked) print(line); // then all end, and links that go down are no news
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
      // Not 'exit': what it printed last has come by now.
      this.#process.once('close', (code, signal) => {
        resolve(code ?? signal ?? 'unknown');
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** True once it has been told to end, or killed. */
  get askedToEnd(): boolean {
    return this.#asked;
  }

  /** The last line of its standard error. */
  get lastError(): string {
    return this.#lastError;
  }

  /** The newest news of this type. */
  latest<T extends News['type']>(type: T): Extract<News, { type: T }> | undefined {
    return this.#told.get(type)?.news as Extract<News, { type: T }> | undefined;
  }

  /** How many news of this type have come. */
  count(type: News['type']): number {
    return this.#told.get(type)?.count ?? 0;
  }

  /** Asks the worker to do something; the answer is in its news. */
  ask(order: Order): void {
    this.#send(order);
  }

  /** Without warning. Resolves when it has ended. */
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
    // It may have died: then `ended` shows it.
    if (this.#process.connected) this.#process.send(message as Message, () => undefined);
  }
}
