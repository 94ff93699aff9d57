/** The processes of the demo. One that ends before its time ends the demo, and none outlives it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Child, type ChildOptions } from './child.js';
import { Course } from './course.js';

export class Family extends Course implements AsyncDisposable {
  readonly #children: Child[] = [];
  readonly #print: (name: string, line: string) => void;

  /** @param stop is aborted when the demo is to end early */
  constructor(stop: AbortSignal, print: (name: string, line: string) => void) {
    super(stop);
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
      if (!child.askedToEnd) this.fail(new Error(`${name} ended before its time (${how})`));
    });
    return child;
  }

  /** The pace of the demo. Rejects with the reason why the demo is over. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.over }).catch(() => undefined);
    this.over.throwIfAborted();
  }

  /** Ends every process; resolves when none is left. */
  async end(): Promise<void> {
    const hows = await Promise.all(this.#children.map((child) => child.end()));
    const bad = this.#children.flatMap(({ name }, i) =>
      hows[i] === 0 ? [] : [`${name} (${String(hows[i])})`],
    );
    if (bad.length > 0) this.fail(new Error(`did not end well: ${bad.join(', ')}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
