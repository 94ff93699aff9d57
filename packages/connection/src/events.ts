/** Event emitter with typed events, and `reportUncaught`, which calls code of the application safely. */
import { UsageError } from '@iot/framing';
import type { WaitOptions } from './abort.js';
import { abortable, rejected, Waiters } from './waiters.js';

/**
 * A typed emitter. `M` maps each event to the arguments of its listeners. If a listener emits another event, that event is
 * queued until all listeners of the current one were called: all listeners get the events in the same order.
 */
export class Emitter<M extends { [E in keyof M]: readonly unknown[] }> {
  readonly #names: readonly (keyof M)[];
  /** Created with the first listener, to save memory: most connections of a large server have no listeners. */
  #listeners: { [E in keyof M]?: Set<(...args: M[E]) => void> } | undefined;
  #awaited: { [E in keyof M]?: Waiters<M[E]> } | undefined;
  /** Defined while an event is being emitted: the queue of the calls that emit the next events. */
  #untold: (() => void)[] | undefined;
  /** Set by `end`: the error of every wait for a further event. */
  #ended: Error | undefined;

  /** @param names of all events */
  constructor(names: readonly (keyof M)[]) {
    this.#names = names;
  }

  /**
   * Adds a listener, and returns a function that removes it.
   *
   * @throws UsageError `ERR_BAD_OPTION` for an unknown event, and for a listener that is not a function.
   */
  on<E extends keyof M>(event: E, listener: (...args: M[E]) => void): () => void {
    this.#requireKnown(event);
    // Checked here, where the caller made the mistake. Otherwise the next event would throw and end the process.
    if (typeof listener !== 'function') {
      throw new UsageError('ERR_BAD_OPTION', `the listener to ${String(event)} must be a function`);
    }
    this.#listeners ??= {};
    const listeners = (this.#listeners[event] ??= new Set());
    // A wrapper for each call, so that the same function can be added twice.
    const entry = (...args: M[E]) => {
      listener(...args);
    };
    listeners.add(entry);
    return () => {
      listeners.delete(entry);
    };
  }

  /** Resolves with the arguments of the event when it is emitted next. Rejects after `end`. */
  once<E extends keyof M>(event: E, options?: WaitOptions): Promise<M[E]> {
    return abortable(options, (signal) => {
      this.#requireKnown(event);
      if (this.#ended !== undefined) return rejected(this.#ended);
      this.#awaited ??= {};
      return (this.#awaited[event] ??= new Waiters<M[E]>()).wait(signal);
    });
  }

  /** True when any event has a listener or is waited for. */
  get hasListeners(): boolean {
    return this.#names.some((name) => this.isHeard(name));
  }

  /** True when this event has a listener or is waited for. */
  isHeard(name: keyof M): boolean {
    return (this.#listenersOf(name)?.size ?? 0) > 0 || (this.#waitersOf(name)?.size ?? 0) > 0;
  }

  /**
   * Calls every listener, now or after the event that is being emitted. An error that a listener throws becomes an uncaught
   * exception. The other listeners are still called.
   */
  emit<E extends keyof M>(event: E, ...args: M[E]): void {
    this.#inTurn(() => {
      this.#waitersOf(event)?.resolveAll(args);
      for (const listener of [...(this.#listenersOf(event) ?? [])]) {
        reportUncaught(() => {
          listener(...args);
        });
      }
    });
  }

  /** Declares that no further event is emitted: current and later calls of `once` reject with this error. */
  end(error: Error): void {
    this.#inTurn(() => {
      this.#ended = error;
      for (const name of this.#names) this.#waitersOf(name)?.rejectAll(error);
    });
  }

  #listenersOf<E extends keyof M>(event: E): ReadonlySet<(...args: M[E]) => void> | undefined {
    return this.#listeners?.[event];
  }

  #waitersOf<E extends keyof M>(event: E): Waiters<M[E]> | undefined {
    return this.#awaited?.[event];
  }

  #inTurn(tell: () => void): void {
    if (this.#untold !== undefined) {
      this.#untold.push(tell);
      return;
    }
    const untold = (this.#untold = [tell]);
    for (let next = untold.shift(); next !== undefined; next = untold.shift()) next();
    this.#untold = undefined;
  }

  #requireKnown(event: keyof M): void {
    if (this.#names.includes(event)) return;
    const what = `there is no event ${String(event)}: the events are ${this.#names.join(', ')}`;
    throw new UsageError('ERR_BAD_OPTION', what);
  }
}

/** Calls code of the application. An error that it throws becomes an uncaught exception, and the caller continues. */
export function reportUncaught(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
