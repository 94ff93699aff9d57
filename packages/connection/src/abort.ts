/** Abort signals: checks the option `signal` of calls that wait, and shares one listener among all calls with the same signal. */
import { UsageError } from '@iot/framing';
import { requireKnownOptions } from '@iot/qos/internal';

/** Options of calls that wait. Aborting the signal rejects the call with `signal.reason`. null means no signal. */
export interface WaitOptions {
  readonly signal?: AbortSignal | null | undefined;
}

/**
 * Returns the signal in the options of a call, if there is one. null means none, as for `fetch`.
 *
 * @param names the names of all options of the call
 * @throws UsageError `ERR_BAD_OPTION` for unknown options, and for a signal that is not an AbortSignal.
 */
export function signalOf(options: unknown, names: readonly string[] = SIGNAL_ALONE): AbortSignal | undefined {
  if (options === undefined) return undefined;
  if (isSignal(options)) {
    throw new UsageError('ERR_BAD_OPTION', 'pass the signal in an object: { signal }');
  }
  requireKnownOptions(options, names);
  const { signal } = options as { readonly signal?: unknown };
  if (signal === undefined || signal === null) return undefined;
  if (isSignal(signal)) return signal;
  throw new UsageError(
    'ERR_BAD_OPTION',
    'signal must be an AbortSignal, such as the signal of an AbortController',
  );
}

const SIGNAL_ALONE = ['signal'];

function isSignal(value: unknown): value is AbortSignal {
  return typeof (value as Partial<AbortSignal> | null)?.addEventListener === 'function';
}

/**
 * The callbacks of each signal, which share one listener. A program may pass one shutdown signal to every call that waits.
 * With one listener for each call, Node would warn of a memory leak.
 */
const subscribers = new WeakMap<
  AbortSignal,
  { readonly callbacks: Set<() => void>; readonly listener: () => void }
>();

/** Calls back once when the signal is aborted. Returns a function that removes the callback. */
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
