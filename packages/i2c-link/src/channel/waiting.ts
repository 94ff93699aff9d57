/** Waits (for a promise, a time, a level of a wire) that end when a signal is aborted. */
import type { Clock } from '@iot/connection';
import type { Level, Pin } from './ports.js';

/** After a failure of a wire or the bus, the wait before it is used again: it may fail again immediately. */
export const PORT_FAILURE_PAUSE_MS = 1000;

/**
 * Waits for the promise until `signal` is aborted. A result that arrives after that is discarded.
 *
 * @throws `signal.reason` on abort.
 */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => undefined);
  signal.throwIfAborted();
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Resolves after `ms` milliseconds.
 *
 * @throws `signal.reason` on abort.
 */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  let cancel: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    cancel = clock.at(clock.now() + ms, resolve);
  });
  try {
    await untilAborted(over, signal);
  } finally {
    cancel();
  }
}

/**
 * Resolves once the wire has this level.
 *
 * @throws the error of the pin when it cannot be read; `signal.reason` on abort.
 */
export async function untilLevel(pin: Pin, level: Level, signal: AbortSignal): Promise<void> {
  let unlisten: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    unlisten = pin.onEdge((now) => {
      if (now === level) resolve();
    });
    if (pin.read() === level) resolve();
  });
  try {
    await untilAborted(reached, signal);
  } finally {
    unlisten();
  }
}
