/** The course of a demo: it goes on until its end, unless it is over before. */

import { LONGEST_MS } from '@iot/app-kit';

/** Longest wait for anything that takes milliseconds, or a few seconds. */
const PATIENCE_MS = 30_000;

export class Course {
  readonly #over = new AbortController();
  /** Rejects when it is over. */
  readonly #ended: Promise<never>;

  /** @param stop is aborted when the demo is to end early */
  constructor(stop: AbortSignal) {
    this.#ended = new Promise((_, reject) => {
      this.over.addEventListener('abort', () => reject(this.over.reason as Error));
    });
    this.#ended.catch(() => undefined);
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

  /** The demo cannot go on. */
  fail(why: unknown): void {
    this.#over.abort(why);
  }

  /**
   * Waits, but not for ever: rejects with the reason why the demo is over, whatever becomes of what is waited for.
   *
   * @param pauseMs what is waited for may come so much later, since somebody pauses meanwhile
   */
  async within<T>(what: string, wait: Promise<T>, pauseMs = 0): Promise<T> {
    const ms = Math.min(PATIENCE_MS + pauseMs, LONGEST_MS);
    const timer = setTimeout(() => {
      this.fail(new Error(`${what}: not within ${ms / 1000} s`));
    }, ms);
    try {
      return await Promise.race([wait, this.#ended]);
    } finally {
      clearTimeout(timer);
    }
  }
}
