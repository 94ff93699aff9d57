/** Waits that an abort ends. */
import type { Clock } from '@iot/connection';
import type { Level, Pin } from './ports.js';

/** A port that fails at once is not asked again at once. */
export const PORT_FAILURE_PAUSE_MS = 1000;

/**
 * The promise, or a failure when it is aborted. What it yields after that is dropped.
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
 * Resolves after this number of ms.
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
 * @throws what the pin throws when it cannot be read; `signal.reason` on abort.
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
