/** A run of several parts: it goes on until its end, unless it fails or is stopped before. */
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { LONGEST_MS } from './command.js';

/** Longest wait for anything that takes milliseconds, or a few seconds. */
const WAIT_MS = 30_000;

type Found<T> = Exclude<T, undefined | false>;

export class RunScope {
  /** Aborted when the run cannot go on; the reason is an error to be printed. */
  readonly over: AbortSignal;
  readonly #failed = new AbortController();
  readonly #changes = new EventEmitter();
  /** Rejects when the run is over. */
  readonly #ended: Promise<never>;
  #progressAt = 0;

  /** @param stop is aborted when the run is to end early */
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

  /** The run cannot go on. */
  fail(why: unknown): void {
    this.#failed.abort(why);
  }

  /** Throws what the run failed with, if it did. */
  throwIfFailed(): void {
    this.#failed.signal.throwIfAborted();
  }

  /** The time of every wait begins again: what is waited for takes long, but comes nearer. */
  progress(): void {
    this.#progressAt = performance.now();
  }

  /**
   * Waits, at most 30 s without progress: rejects with the reason why the run is over, whatever becomes of what is
   * waited for.
   *
   * @param extraMs what is waited for may come so much later
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

  /** Something that `until` may be waiting for has changed. */
  changed(): void {
    this.#changes.emit('change');
  }

  /**
   * Waits, as `within`, until `look` gives something; calls it now and after each change, in the same turn of the event
   * loop.
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

  /** Rejects with the reason why the run is over. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.over }).catch(() => undefined);
    this.over.throwIfAborted();
  }
}
