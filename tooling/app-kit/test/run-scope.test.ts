import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RunScope } from '../src/index.js';

const NEVER = new Promise<never>(() => undefined);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('waits 30 s and the pause of somebody for what never comes, and is over then', async () => {
  const scope = new RunScope(new AbortController().signal);
  const waited = scope.within('the last acks', NEVER, 2000).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(31_999);
  expect(scope.over.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await waited).toEqual(new Error('the last acks: not within 32 s'));
  expect(scope.over.reason).toBe(await waited);
});

it('waits no longer when it is stopped, nor when it was before', async () => {
  const stop = new AbortController();
  const scope = new RunScope(stop.signal);
  const waited = scope.within('the last acks', NEVER);
  stop.abort(new Error('stopped before the end'));
  for (const each of [waited, scope.within('more', NEVER), new RunScope(stop.signal).within('all', NEVER)]) {
    await expect(each).rejects.toBe(stop.signal.reason);
  }
  expect(vi.getTimerCount()).toBe(0);
});

it('gives what was waited for, and what that failed with', async () => {
  const scope = new RunScope(new AbortController().signal);
  const failure = new Error('refused');
  expect(await scope.within('a line', Promise.resolve('hello'))).toBe('hello');
  await expect(scope.within('a line', Promise.reject(failure))).rejects.toBe(failure);
  expect([vi.getTimerCount(), scope.over.aborted]).toEqual([0, false]);
});
