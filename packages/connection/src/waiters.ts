import { onAbort, signalOf } from './abort.js';
import type { Clock } from './ports.js';

/** Promises that wait their turn, first come, first served; each can be aborted. */
export class Waiters<T> {
  readonly #waiting = new Set<{ resolve: (value: T) => void; reject: (reason: unknown) => void }>();

  get size(): number {
    return this.#waiting.size;
  }

  /** Rejects with `signal.reason` on abort; what it waited for then goes to the next in turn. */
  wait(signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) return rejected(signal.reason);
    const promise = new Promise<T>((resolve, reject) => {
      const stopListening = onAbort(signal, () => {
        waiter.reject(signal?.reason);
      });
      const done = () => {
        this.#waiting.delete(waiter);
        stopListening();
      };
      const waiter = {
        resolve: (value: T) => {
          done();
          resolve(value);
        },
        reject: (reason: unknown) => {
          done();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason is the caller's
          reject(reason);
        },
      };
      this.#waiting.add(waiter);
    });
    return quiet(promise);
  }

  resolveNext(value: T): void {
    for (const waiter of this.#waiting) return waiter.resolve(value);
  }

  resolveAll(value: T): void {
    for (const waiter of [...this.#waiting]) waiter.resolve(value);
  }

  rejectAll(reason: unknown): void {
    for (const waiter of [...this.#waiting]) waiter.reject(reason);
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

/** A promise, and what resolves it. */
export function deferred<T = void>() {
  let resolve: (value: T | PromiseLike<T>) => void = () => undefined;
  const promise = new Promise<T>((it) => (resolve = it));
  return { promise, resolve };
}

/** A failure that nobody awaits is not an unhandled rejection. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** A promise that has failed already, quietly. */
export function rejected<T>(reason: unknown): Promise<T> {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason is the caller's
  return quiet(Promise.reject<T>(reason));
}
