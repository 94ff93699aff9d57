import { onAbort, signalOf } from './abort.js';
import type { Clock } from './ports.js';

/** One that waits. */
export class Waiter<T> {
  readonly promise: Promise<T>;
  /** How it takes what it waits for, where they do that in several ways. */
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

/** Promises that wait their turn, first come, first served; each can be aborted. */
export class Waiters<T> {
  #waiting: Waiter<T>[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  /** Rejects with `signal.reason` on abort; what it waited for then goes to the next in turn. */
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

  /** Whose turn it is. */
  get first(): Waiter<T> | undefined {
    return this.#waiting[0];
  }

  /** Waits until `leave`. */
  join(take?: () => T | undefined): Waiter<T> {
    const waiter = new Waiter<T>(take);
    this.#waiting.push(waiter);
    return waiter;
  }

  /** It is not served any more; its promise stays as it is. */
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

/** Begins what the caller's signal may end; fails, and does not begin, when that is aborted already or cannot be had. */
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

/** Waits for what `begin` begins, for at most `ms`: its signal is aborted then. With 0 it is not begun. */
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

/** Waits for a promise to settle, for at most `ms`; false when it has not. */
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

/** A promise, and what resolves it. */
export function deferred<T = void>() {
  let resolve: (value: T | PromiseLike<T>) => void = () => undefined;
  const promise = new Promise<T>((it) => (resolve = it));
  return { promise, resolve };
}

/** A failure that is not awaited is not an unhandled rejection. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** A promise that has failed already, quietly. */
export function rejected<T>(reason: unknown): Promise<T> {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason is the caller's
  return quiet(Promise.reject<T>(reason));
}
