/**
 * Waits for a promise. Rejects when the signal is aborted, or after `timeoutMs`. A result that arrives later is discarded.
 *
 * @throws `signal.reason` on abort; Error after `timeoutMs`.
 */
export async function withTimeout<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  timeoutMs?: number,
): Promise<T> {
  promise.catch(() => undefined);
  signal.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let abort: () => void = () => undefined;
  const bound = new Promise<never>((_, reject) => {
    abort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    if (timeoutMs === undefined) return;
    timer = setTimeout(
      () => {
        reject(new Error('no answer in time'));
      },
      Math.max(0, timeoutMs),
    );
  });
  try {
    return await Promise.race([promise, bound]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
