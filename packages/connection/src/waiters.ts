/** Helpers for promises: a queue of waiting callers, calls that can be aborted or time out, and rejections that are quiet. */
import { onAbort, signalOf } from './abort.js';
import type { Clock } from './ports.js';

/** One waiting caller. */
export class Waiter<T> {
  readonly promise: Promise<T>;
  /** Gets the value for this caller, if callers of one queue want different values (a text, or a message). */
  readonly take: (() => T | undefined) | undefined;
  resolve!: (value: T) => void;
  reject!: (reason: unknown) => void;

  constructor(take?: () => T | undefined) {
    this.take = take;
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    void quiet(this.promise);
  }
}

/** A queue of waiting callers, served first come, first served. Each wait can be aborted. */
export class Waiters<T> {
  #waiting: Waiter<T>[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  /** Waits in the queue. Rejects with `signal.reason` on abort, and leaves the queue then. */
  wait(signal?: AbortSignal): Promise<T> {
    if (signal === undefined) return this.join().promise;
    if (signal.aborted) return rejected(signal.reason);
    const waiter = this.join();
    const stopListening = onAbort(signal, () => {
      this.leave(waiter);
      waiter.reject(signal.reason);
    });
    return quiet(waiter.promise.finally(stopListening));
  }

  /** The caller to serve next. */
  get first(): Waiter<T> | undefined {
    return this.#waiting[0];
  }

  /** Adds a caller, who stays in the queue until it is served or `leave` is called. */
  join(take?: () => T | undefined): Waiter<T> {
    const waiter = new Waiter<T>(take);
    this.#waiting.push(waiter);
    return waiter;
  }

  /** Removes a caller from the queue. Its promise is not settled. */
  leave(waiter: Waiter<T>): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiter);
  }

  resolveNext(value: T): void {
    this.#waiting.shift()?.resolve(value);
  }

  resolveAll(value: T): void {
    for (const waiter of this.#take()) waiter.resolve(value);
  }

  rejectAll(reason: unknown): void {
    for (const waiter of this.#take()) waiter.reject(reason);
  }

  #take(): readonly Waiter<T>[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }
}

/**
 * Checks the options of a call and begins it with the signal in them. Rejects, without a call of `begin`, when the options are
 * wrong or the signal is already aborted.
 */
export function abortable<T>(
  options: unknown,
  begin: (signal?: AbortSignal) => Promise<T>,
  names?: readonly string[],
): Promise<T> {
  try {
    const signal = signalOf(options, names);
    return signal?.aborted ? rejected(signal.reason) : begin(signal);
  } catch (error) {
    return rejected(error);
  }
}

/** Calls `begin` and waits for its promise, for at most `ms`. After that time it aborts the signal. With 0 ms it does nothing. */
export async function atMost(
  clock: Clock,
  ms: number,
  begin: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  if (ms === 0) return;
  const over = new AbortController();
  const cancel = clock.at(clock.now() + ms, () => over.abort());
  try {
    await begin(over.signal);
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    cancel();
    over.abort();
  }
}

/** Waits for a promise to settle, for at most `ms`. False when it has not settled by then. */
export async function settlesWithin(clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> {
  let cancel = (): void => undefined;
  const late = new Promise<false>((resolve) => {
    cancel = clock.at(clock.now() + ms, () => resolve(false));
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    cancel();
  }
}

/** A promise, and the function that resolves it. */
export function deferred<T = void>() {
  let resolve: (value: T | PromiseLike<T>) => void = () => undefined;
  const promise = new Promise<T>((it) => (resolve = it));
  return { promise, resolve };
}

/** Marks the promise as handled: if it rejects and is never awaited, there is no unhandled rejection. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** A rejected promise that causes no unhandled rejection. */
export function rejected<T>(reason: unknown): Promise<T> {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason is the caller's
  return quiet(Promise.reject<T>(reason));
}
