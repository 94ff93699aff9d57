import { UsageError } from '@iot/framing';

/**
 * The signal that a caller gave, if any: null is none, as it is for `fetch`.
 *
 * @throws UsageError `ERR_BAD_OPTION` for what is no AbortSignal.
 */
export function requireSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  if (typeof (signal as Partial<AbortSignal>).addEventListener === 'function') return signal as AbortSignal;
  throw new UsageError(
    'ERR_BAD_OPTION',
    'signal must be an AbortSignal, such as the signal of an AbortController',
  );
}

/**
 * Listens to a signal for many callers with one listener: a program's one shutdown signal may be given to every call
 * that waits, and a listener each would have Node warn of a leak.
 */
const subscribers = new WeakMap<
  AbortSignal,
  { readonly callbacks: Set<() => void>; readonly listener: () => void }
>();

/** Calls back once when the signal is aborted; the function returned stops that. */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => undefined;
  const { callbacks, listener } = subscribers.get(signal) ?? subscribe(signal);
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size > 0 || subscribers.get(signal)?.callbacks !== callbacks) return;
    signal.removeEventListener('abort', listener);
    subscribers.delete(signal);
  };
}

function subscribe(signal: AbortSignal) {
  const callbacks = new Set<() => void>();
  const listener = () => {
    subscribers.delete(signal);
    for (const callback of [...callbacks]) callback();
  };
  const entry = { callbacks, listener };
  subscribers.set(signal, entry);
  signal.addEventListener('abort', listener, { once: true });
  return entry;
}
