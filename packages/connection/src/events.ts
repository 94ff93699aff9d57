import { UsageError } from '@iot/framing';
import type { WaitOptions } from './abort.js';
import { abortable, rejected, Waiters } from './waiters.js';

/**
 * A typed emitter. `M` maps each event to the arguments of its listeners. An event that a listener causes is emitted after
 * the current one, so that all listeners see the same events in the same order.
 */
export class Emitter<M extends { [E in keyof M]: readonly unknown[] }> {
  readonly #names: readonly (keyof M)[];
  /** Made with the first of them: most of many connections have none. */
  #listeners: { [E in keyof M]?: Set<(...args: M[E]) => void> } | undefined;
  #awaited: { [E in keyof M]?: Waiters<M[E]> } | undefined;
  /** Defined while an event is being emitted: the calls that emit the next ones. */
  #untold: (() => void)[] | undefined;
  /** What to reject with once no further event comes. */
  #ended: Error | undefined;

  /** @param names of all events */
  constructor(names: readonly (keyof M)[]) {
    this.#names = names;
  }

  /**
   * Listens; the function returned stops it.
   *
   * @throws UsageError `ERR_BAD_OPTION` for an unknown event, and a listener that is not a function.
   */
  on<E extends keyof M>(event: E, listener: (...args: M[E]) => void): () => void {
    this.#requireKnown(event);
    // Here, where the mistake is; else the event would find it, and end the process.
    if (typeof listener !== 'function') {
      throw new UsageError('ERR_BAD_OPTION', `what listens to ${String(event)} must be a function`);
    }
    this.#listeners ??= {};
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

  /** Resolves with the arguments of the event when it is emitted next; rejects once none comes any more. */
  once<E extends keyof M>(event: E, options?: WaitOptions): Promise<M[E]> {
    return abortable(options, (signal) => {
      this.#requireKnown(event);
      if (this.#ended !== undefined) return rejected(this.#ended);
      this.#awaited ??= {};
      return (this.#awaited[event] ??= new Waiters<M[E]>()).wait(signal);
    });
  }

  /** True when anybody listens to anything or waits for it. */
  get hasListeners(): boolean {
    return this.#names.some((name) => this.isHeard(name));
  }

  /** True when anybody listens to this event or waits for it. */
  isHeard(name: keyof M): boolean {
    return (this.#listenersOf(name)?.size ?? 0) > 0 || (this.#waitersOf(name)?.size ?? 0) > 0;
  }

  /** Calls every listener now. One that throws becomes an uncaught exception; the others are called all the same. */
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

  /** No event comes after those emitted so far: who waits for one, now or later, gets the error. */
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
