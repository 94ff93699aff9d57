import { UsageError } from '@iot/framing';

/**
 * A typed emitter. `M` maps each event to the arguments of its listeners. An event that a listener causes is told behind
 * the one being told, so that all listeners see the same events in the same order.
 */
export class Emitter<M extends { [E in keyof M]: readonly unknown[] }> {
  readonly #listeners: { [E in keyof M]?: Set<(...args: M[E]) => void> } = {};
  readonly #untold: (() => void)[] = [];
  #telling = false;

  /**
   * Listens; the function returned stops it.
   *
   * @throws UsageError `ERR_BAD_OPTION` for a listener that is no function.
   */
  on<E extends keyof M>(event: E, listener: (...args: M[E]) => void): () => void {
    // Here, where the mistake is; else the event would find it, and end the process.
    if (typeof listener !== 'function') {
      throw new UsageError('ERR_BAD_OPTION', `what listens to ${String(event)} must be a function`);
    }
    const listeners = (this.#listeners[event] ??= new Set());
    // Its own wrapper, so that one function may listen twice.
    const entry = (...args: M[E]) => {
      listener(...args);
    };
    listeners.add(entry);
    return () => {
      listeners.delete(entry);
    };
  }

  /** True when anybody listens to anything. */
  get hasListeners(): boolean {
    return Object.values<ReadonlySet<unknown> | undefined>(this.#listeners).some(
      (set) => set !== undefined && set.size > 0,
    );
  }

  /** Tells everyone now. A listener that throws becomes an uncaught exception; the others are told all the same. */
  emit<E extends keyof M>(event: E, ...args: M[E]): void {
    this.#untold.push(() => {
      this.#tell(event, args);
    });
    if (this.#telling) return;
    this.#telling = true;
    for (let tell = this.#untold.shift(); tell !== undefined; tell = this.#untold.shift()) tell();
    this.#telling = false;
  }

  #tell<E extends keyof M>(event: E, args: M[E]): void {
    for (const listener of [...(this.#listeners[event] ?? [])]) {
      reportUncaught(() => {
        listener(...args);
      });
    }
  }
}

/** Calls the application. What it throws is reported as an uncaught exception; the caller goes on. */
export function reportUncaught(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
