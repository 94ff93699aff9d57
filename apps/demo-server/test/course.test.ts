import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Course } from '../demo/course.js';

const NEVER = new Promise<never>(() => undefined);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('waits 30 s and the pause of somebody for what never comes, and is over then', async () => {
  const course = new Course(new AbortController().signal);
  const waited = course.within('the last acks', NEVER, 2000).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(31_999);
  expect(course.over.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await waited).toEqual(new Error('the last acks: not within 32 s'));
  expect(course.over.reason).toBe(await waited);
});

it('waits no longer when it is stopped, nor when it was before', async () => {
  const stop = new AbortController();
  const course = new Course(stop.signal);
  const waited = course.within('the last acks', NEVER);
  stop.abort(new Error('stopped before the end'));
  for (const each of [waited, course.within('more', NEVER), new Course(stop.signal).within('all', NEVER)]) {
    await expect(each).rejects.toBe(stop.signal.reason);
  }
  expect(vi.getTimerCount()).toBe(0);
});

it('gives what was waited for, and what that failed with', async () => {
  const course = new Course(new AbortController().signal);
  const failure = new Error('refused');
  expect(await course.within('a line', Promise.resolve('hello'))).toBe('hello');
  await expect(course.within('a line', Promise.reject(failure))).rejects.toBe(failure);
  expect([vi.getTimerCount(), course.over.aborted]).toEqual([0, false]);
});
