/** The processes of the campaign. One that ends before its time ends the campaign, and none outlives it. */
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child, type ChildOptions } from './child.js';

/** Longest wait for anything while no line is read. */
const PATIENCE_MS = 60_000;

export class Family implements AsyncDisposable {
  readonly #children = new Set<Child>();
  readonly #over = new AbortController();
  readonly #changes = new EventEmitter();
  readonly #print: (name: string, line: string) => void;
  readonly #stop: AbortSignal;
  #lastProgressAt = performance.now();

  /** @param stop is aborted when the campaign is to end early */
  constructor(stop: AbortSignal, print: (name: string, line: string) => void) {
    this.#print = print;
    this.#stop = stop;
    if (stop.aborted) this.#abort();
    else stop.addEventListener('abort', this.#abort, { once: true });
  }

  /** Aborted when the campaign cannot go on; the reason is an error to be printed. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  start(options: Omit<ChildOptions, 'print' | 'changed'>): Child {
    this.over.throwIfAborted();
    let lastLine = '';
    const child = new Child({
      ...options,
      print: (line) => {
        lastLine = line;
        this.#print(child.name, line);
      },
      changed: ({ type }) => {
        if (type === 'progress') this.#lastProgressAt = performance.now();
        this.#changes.emit('change');
      },
    });
    this.#children.add(child);
    void child.ended.then((how) => {
      if (child.askedToEnd) return;
      this.#fail(`${child.name} ended before its time (${how})${lastLine === '' ? '' : `: ${lastLine}`}`);
    });
    return child;
  }

  /** Kills one of them, and forgets it. */
  async kill(child: Child): Promise<void> {
    await child.kill();
    this.#children.delete(child);
  }

  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.over }).catch(() => undefined);
    this.over.throwIfAborted();
  }

  /**
   * Waits until this is so; looks whenever a process has told something. Rejects with the reason why the campaign is
   * over, one of which is that it takes too long.
   */
  async until(what: string, isSo: () => boolean): Promise<void> {
    this.#lastProgressAt = performance.now();
    const timer = setInterval(() => {
      if (performance.now() - this.#lastProgressAt > PATIENCE_MS) {
        this.#fail(`${what}: not within ${PATIENCE_MS / 1000} s`);
      }
    }, 1000);
    try {
      this.over.throwIfAborted();
      while (!isSo()) {
        await once(this.#changes, 'change', { signal: this.over }).catch(() => undefined);
        this.over.throwIfAborted();
      }
    } finally {
      clearInterval(timer);
    }
  }

  /** Ends every process; resolves when none is left. */
  async end(): Promise<void> {
    const children = [...this.#children];
    this.#children.clear();
    const hows = await Promise.all(children.map((child) => child.end()));
    const bad = children.flatMap(({ name }, i) => (hows[i] === 0 ? [] : [`${name} (${String(hows[i])})`]));
    if (bad.length > 0) this.#fail(`did not end well: ${bad.join(', ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.removeEventListener('abort', this.#abort);
    await this.end();
  }

  readonly #abort = (): void => {
    this.#over.abort(this.#stop.reason);
  };

  #fail(why: string): void {
    this.#over.abort(new Error(why));
  }
}
