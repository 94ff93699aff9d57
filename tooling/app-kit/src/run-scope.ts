/**
 * The scope of a run with several parts. It ends early if one part fails or the run is stopped. All waits
 * then reject.
 */
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { LONGEST_MS } from './command.js';

/** Time limit of a wait. Normal waits take milliseconds to a few seconds. */
const WAIT_MS = 30_000;

type Found<T> = Exclude<T, undefined | false>;

export class RunScope {
  /** Aborted when the run has failed or was stopped. The reason is an error to be printed. */
  readonly over: AbortSignal;
  readonly #failed = new AbortController();
  readonly #changes = new EventEmitter();
  /** Rejects when the run is over. */
  readonly #ended: Promise<never>;
  #progressAt = 0;

  /** @param stop aborted to end the run early */
  constructor(stop: AbortSignal) {
    this.over = AbortSignal.any([stop, this.#failed.signal]);
    this.#ended = new Promise((_, reject) => {
      const end = (): void => {
        reject(this.over.reason as Error);
      };
      if (this.over.aborted) end();
      else this.over.addEventListener('abort', end, { once: true });
    });
    this.#ended.catch(() => undefined);
  }

  /** Ends the run with an error. */
  fail(why: unknown): void {
    this.#failed.abort(why);
  }

  /** Throws the error of the run, if it has failed. */
  throwIfFailed(): void {
    this.#failed.signal.throwIfAborted();
  }

  /** Restarts the time limit of every wait. For waits that take long but make progress. */
  progress(): void {
    this.#progressAt = performance.now();
  }

  /**
   * Waits for a promise, at most 30 s without progress. Rejects at once when the run is over, with the
   * reason.
   *
   * @param extraMs added to the time limit
   */
  async within<T>(what: string, wait: Promise<T>, extraMs = 0): Promise<T> {
    const ms = Math.min(WAIT_MS + extraMs, LONGEST_MS);
    this.progress();
    let timer: NodeJS.Timeout;
    const check = (left: number): void => {
      timer = setTimeout(() => {
        const left = this.#progressAt + ms - performance.now();
        if (left > 0) check(Math.ceil(left));
        else this.fail(new Error(`${what}: not within ${ms / 1000} s`));
      }, left);
    };
    check(ms);
    try {
      return await Promise.race([wait, this.#ended]);
    } finally {
      clearTimeout(timer!);
    }
  }

  /** Makes every `until` check its condition again. */
  changed(): void {
    this.#changes.emit('change');
  }

  /**
   * Waits, with the time limit of `within`, until `look` returns a value. Calls `look` now and at each call
   * of `changed`, in the same turn of the event loop.
   */
  until<T>(what: string, look: () => T, extraMs?: number): Promise<Found<T>> {
    const looked = async (): Promise<Found<T>> => {
      for (;;) {
        this.over.throwIfAborted();
        const found = look();
        if (found !== undefined && found !== false) return found as Found<T>;
        await once(this.#changes, 'change', { signal: this.over }).catch(() => undefined);
      }
    };
    return this.within(what, looked(), extraMs);
  }

  /** Pauses. Rejects with the reason when the run is over. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.over }).catch(() => undefined);
    this.over.throwIfAborted();
  }
}
