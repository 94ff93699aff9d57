/**
 * Events with one payload each. A listener that throws becomes an uncaught exception of its own; the code
 * that emitted the event, and the other listeners, go on.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(payload: never) => void>>();

  /** Returns the function that removes the listener. */
  on<K extends keyof Events>(name: K, listener: (payload: Events[K]) => void): () => void {
    // A wrapper of its own, so that one function added twice is two listeners, removed one by one.
    const entry = (payload: Events[K]): void => {
      listener(payload);
    };
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(entry));
    return () => {
      set.delete(entry);
    };
  }

  /** The next event of that name. Aborting rejects with `signal.reason`. Never an unhandled rejection. */
  next<K extends keyof Events>(name: K, signal: AbortSignal): Promise<Events[K]> {
    const promise = new Promise<Events[K]>((resolve, reject) => {
      const abort = (): void => {
        off();
        reject(signal.reason as Error);
      };
      const off = this.on(name, (payload) => {
        off();
        signal.removeEventListener('abort', abort);
        resolve(payload);
      });
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
    promise.catch(() => undefined);
    return promise;
  }

  emit<K extends keyof Events>(name: K, payload: Events[K]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (payload: Events[K]) => void)(payload);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
