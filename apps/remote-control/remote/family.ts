/** The processes that a program starts. One that ends before its time ends the program, and none outlives it. */
import { Child, type ChildOptions } from './child.js';

/** Longest wait for anything that takes milliseconds. */
const PATIENCE_MS = 30_000;

export class Family implements AsyncDisposable {
  readonly #children: Child[] = [];
  readonly #failed = new AbortController();
  readonly #print: (name: string, line: string) => void;
  /** Aborted when the program cannot go on, or is to stop. */
  readonly over: AbortSignal;

  /** @param stop is aborted when the program is to stop */
  constructor(stop: AbortSignal, print: (name: string, line: string) => void) {
    this.over = AbortSignal.any([stop, this.#failed.signal]);
    this.#print = print;
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

  /** Waits, but not for ever. Rejects with the reason why all is over. */
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

  /** Ends every process; resolves when none is left. Rejects when one failed, then or before. */
  async end(): Promise<void> {
    const hows = await Promise.all(this.#children.map((child) => child.end()));
    const bad = this.#children.flatMap(({ name }, i) =>
      hows[i] === 0 ? [] : [`${name} (${String(hows[i])})`],
    );
    if (bad.length > 0) this.#fail(`did not end well: ${bad.join(', ')}`);
    this.#failed.signal.throwIfAborted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end().catch(() => undefined);
  }

  #fail(why: string): void {
    this.#failed.abort(new Error(why));
  }
}
