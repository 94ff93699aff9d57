import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fineClock } from '../../src/linux/index.js';

let now = 0;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] });
  now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('a wait below a millisecond ends in the first turn after it', () => {
  let calls = 0;
  fineClock.at(0.02, () => (calls += 1));
  expect(calls).toBe(0);
  now = 0.019;
  vi.advanceTimersToNextTimer();
  expect(calls).toBe(0);
  now = 0.02;
  vi.advanceTimersToNextTimer();
  expect(calls).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

it('a time that is gone is now, but not at once', () => {
  let calls = 0;
  fineClock.at(-1, () => (calls += 1));
  expect(calls).toBe(0);
  vi.advanceTimersToNextTimer();
  expect(calls).toBe(1);
});

it('a longer wait is a timer, and costs no turns', () => {
  let calls = 0;
  fineClock.at(5, () => (calls += 1));
  vi.advanceTimersByTime(4);
  expect(calls).toBe(0);
  now = 5;
  vi.advanceTimersByTime(1);
  expect(calls).toBe(1);
});

it('both can be cancelled, in the middle of a wait too', () => {
  const never = (): void => {
    throw new Error('it was cancelled');
  };
  const cancels = [fineClock.at(0.5, never), fineClock.at(5, never)];
  vi.advanceTimersToNextTimer();
  for (const cancel of cancels) cancel();
  expect(vi.getTimerCount()).toBe(0);
});
