/** The processes of the demo. One that ends before its time ends the demo, and none outlives it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Child, type ChildOptions } from './child.js';

/** Longest wait for anything that takes milliseconds. */
const PATIENCE_MS = 30_000;

export class Family implements AsyncDisposable {
  readonly #children: Child[] = [];
  readonly #over = new AbortController();
  readonly #print: (name: string, line: string) => void;

  /** @param stop is aborted when the demo is to end early */
  constructor(stop: AbortSignal, print: (name: string, line: string) => void) {
    this.#print = print;
    const abort = (): void => {
      this.#over.abort(stop.reason);
    };
    if (stop.aborted) abort();
    else stop.addEventListener('abort', abort, { once: true });
  }

  /** Aborted when the demo cannot go on; the reason is an error to be printed. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  start(options: Omit<ChildOptions, 'print'>): Child {
    this.over.throwIfAborted();
    const { name } = options;
    const child = new Child({
      ...options,
      print: (line) => {
        this.#print(name, line);
      },
    });
    this.#children.push(child);
    void child.ended.then((how) => {
      if (!child.askedToEnd) this.#fail(`${name} ended before its time (${how})`);
    });
    return child;
  }

  /** The pace of the demo. Rejects with the reason why the demo is over. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.over }).catch(() => undefined);
    this.over.throwIfAborted();
  }

  /** Waits, but not for ever. Rejects with the reason why the demo is over. */
  async within<T>(what: string, wait: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.#fail(`${what}: not within ${PATIENCE_MS / 1000} s`);
    }, PATIENCE_MS);
    try {
      return await wait;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends every process; resolves when none is left. */
  async end(): Promise<void> {
    const hows = await Promise.all(this.#children.map((child) => child.end()));
    const bad = this.#children.flatMap(({ name }, i) =>
      hows[i] === 0 ? [] : [`${name} (${String(hows[i])})`],
    );
    if (bad.length > 0) this.#fail(`did not end well: ${bad.join(', ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  #fail(why: string): void {
    this.#over.abort(new Error(why));
  }
}
