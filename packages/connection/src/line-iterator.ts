/** What `for await` over a connection does: lines as they come, until it is left or the connection is closed. */
import type { ClosedError } from '@iot/framing';
import type { Waiter, Waiters } from './waiters.js';

export interface Closed {
  readonly error: ClosedError;
  /** It was closed over an error. */
  readonly failed: boolean;
}

export interface Lines {
  /** A line that is there already. */
  readonly read: () => string | undefined;
  readonly readers: Waiters<string>;
  /** Loops that have begun and not ended. */
  readonly loops: Set<object>;
  readonly closed: () => Closed | undefined;
}

type Result = IteratorResult<string, undefined>;

const DONE: Result = { done: true, value: undefined };

export class LineIterator implements AsyncIterator<string, undefined> {
  readonly #lines: Lines;
  #waiting: Waiter<string>[] = [];
  #left = false;

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  next(): Promise<Result> {
    if (this.#left) return Promise.resolve(DONE);
    const closed = this.#lines.closed();
    if (closed !== undefined) return this.#end(closed);
    this.#lines.loops.add(this);
    const value = this.#lines.read();
    return value === undefined ? this.#wait() : Promise.resolve({ done: false, value });
  }

  /** A reader that has left must not take a line: it would be lost. */
  return(): Promise<Result> {
    this.#left = true;
    this.#lines.loops.delete(this);
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
      const closed = this.#lines.closed();
      return this.#left || closed === undefined ? DONE : await this.#end(closed);
    } finally {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
    }
  }

  #end({ error, failed }: Closed): Promise<Result> {
    this.#lines.loops.delete(this);
    return failed ? Promise.reject(error) : Promise.resolve(DONE);
  }
}
