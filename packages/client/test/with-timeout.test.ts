import { expect, it } from 'vitest';
import { withTimeout } from '../src/with-timeout.js';

it('yields what the promise does, in time', async () => {
  const { signal } = new AbortController();
  expect(await withTimeout(Promise.resolve('it'), signal, 1000)).toBe('it');
  await expect(withTimeout(Promise.reject(new Error('its own')), signal)).rejects.toThrow('its own');
});

it('causes no unhandled rejection by a failure that comes after the timeout', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const late = Promise.reject(new Error('late'));
  await expect(withTimeout(late, AbortSignal.abort('enough'))).rejects.toBe('enough');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
