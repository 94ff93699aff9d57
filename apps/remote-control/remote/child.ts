/** One of the processes that `remote` and `latency` start. */
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MARK, type News, type Order } from '../src/news.js';

/** After it has been told to end, a process has this long before it is killed. */
const GRACE_MS = 5000;

export interface ChildOptions {
  readonly name: string;
  /** Beside the program of the parent. */
  readonly program: 'server.js' | 'tx.js' | 'rx.js' | 'raw.js';
  readonly args: readonly string[];
  /** Takes each line that the process prints, but none of its standard output once it has been told to end. */
  readonly print: (line: string) => void;
}

export class Child {
  readonly name: string;
  /** How it ended: an exit code, or the name of a signal. */
  readonly ended: Promise<number | string>;
  readonly #process: ChildProcess;
  readonly #news = new EventEmitter<{ news: [News] }>();
  #asked = false;

  constructor({ name, program, args, print }: ChildOptions) {
    this.name = name;
    this.#process = fork(fileURLToPath(new URL(program, import.meta.url)), args, {
      env: { ...process.env, [MARK]: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced', // times are bigints
    });
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      if (!this.#asked) print(line); // then all end, and links that go down are no news
    });
    createInterface({ input: this.#process.stderr! }).on('line', print);
    this.#process.on('message', (news: News) => {
      this.#news.emit('news', news);
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

  /** True once it has been told to end. */
  get askedToEnd(): boolean {
    return this.#asked;
  }

  /** Waits for the next news of this type. Rejects with `signal.reason`. */
  async next<T extends News['type']>(type: T, signal: AbortSignal): Promise<Extract<News, { type: T }>> {
    while (true) {
      const [news] = (await once(this.#news, 'news', { signal }).catch(() => {
        throw signal.reason as Error;
      })) as [News];
      if (news.type === type) return news as Extract<News, { type: T }>;
    }
  }

  /** Tells the process to do something; the answer is in its news. */
  ask(order: Order): void {
    // It may have died: then `ended` tells.
    if (this.#process.connected) this.#process.send(order, () => undefined);
  }

  /** Tells the process to close everything and end; kills it when it does not. Resolves when it has ended. */
  async end(): Promise<number | string> {
    this.#asked = true;
    this.ask('end');
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), GRACE_MS);
    const how = await this.ended;
    clearTimeout(killer);
    return how;
  }
}
