/** How an application reads lines: who waits for one, and `for await`, which reads until it is left or the connection is closed. */
import type { ClosedError } from '@iot/framing';
import type { Engine } from './engine.js';
import { Waiters, type Waiter } from './waiters.js';

export interface Closed {
  readonly error: ClosedError;
  /** It was closed over an error. */
  readonly failed: boolean;
}

/** The lines that an engine has for those who read. */
export class LineSource {
  readonly #engine: Engine;
  readonly readers = new Waiters<string>();
  /** Loops that have begun and not ended. */
  loops = 0;
  closed: Closed | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** A line that is there already. Waiting readers come first: what is unread belongs to them. */
  read(): string | undefined {
    return this.closed === undefined && this.readers.size === 0 ? this.#engine.read() : undefined;
  }

  /** Hands lines to those who wait; true when there were both. */
  serve(): boolean {
    let served = false;
    while (this.readers.size > 0) {
      const line = this.#engine.read();
      if (line === undefined) break;
      this.readers.resolveNext(line);
      served = true;
    }
    return served;
  }
}

type Result = IteratorResult<string, undefined>;

const DONE: Result = { done: true, value: undefined };

export class LineIterator implements AsyncIterator<string, undefined> {
  readonly #lines: LineSource;
  #waiting: Waiter<string>[] = [];
  #begun = false;
  #left = false;

  constructor(lines: LineSource) {
    this.#lines = lines;
  }

  next(): Promise<Result> {
    if (this.#left) return Promise.resolve(DONE);
    const { closed } = this.#lines;
    if (closed !== undefined) return this.#end(closed);
    this.#count(true);
    const value = this.#lines.read();
    return value === undefined ? this.#wait() : Promise.resolve({ done: false, value });
  }

  /** A reader that has left must not take a line: it would be lost. */
  return(): Promise<Result> {
    this.#left = true;
    this.#count(false);
    for (const waiter of this.#waiting) {
      this.#lines.readers.leave(waiter);
      waiter.reject(undefined);
    }
    return Promise.resolve(DONE);
  }

  async #wait(): Promise<Result> {
    const waiter = this.#lines.readers.join();
    this.#waiting.push(waiter);
    try {
      return { done: false, value: await waiter.promise };
    } catch {
      const { closed } = this.#lines;
      return this.#left || closed === undefined ? DONE : await this.#end(closed);
    } finally {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
    }
  }

  #end({ error, failed }: Closed): Promise<Result> {
    this.#count(false);
    return failed ? Promise.reject(error) : Promise.resolve(DONE);
  }

  /** The loop has begun, or ended. */
  #count(begun: boolean): void {
    if (begun === this.#begun) return;
    this.#begun = begun;
    this.#lines.loops += begun ? 1 : -1;
  }
}
