import { expect, it } from 'vitest';
import { Backoff } from '../src/backoff.js';

const SETTINGS = { minMs: 100, maxMs: 5000 };

const delays = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.next());

it('does not wait before the first attempt, then doubles its bound up to five seconds', () => {
  expect(delays(new Backoff(SETTINGS, () => 1), 9)).toEqual([0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

it('waits at random between nothing and the bound', () => {
  expect(delays(new Backoff(SETTINGS, () => 0), 5)).toEqual([0, 0, 0, 0, 0]);
  expect(delays(new Backoff(SETTINGS, () => 0.25), 4)).toEqual([0, 25, 50, 100]);
});

it('starts again after a reset', () => {
  const backoff = new Backoff(SETTINGS, () => 1);
  delays(backoff, 6);
  backoff.reset();
  expect(delays(backoff, 3)).toEqual([0, 100, 200]);
});

it('never waits longer than the last bound, however many attempts have failed', () => {
  const backoff = new Backoff(SETTINGS, () => 1);
  delays(backoff, 2000);
  expect(backoff.next()).toBe(5000);
});

it('takes its randomness from Math.random', () => {
  const backoff = new Backoff(SETTINGS);
  backoff.next();
  const delay = backoff.next();
  expect(delay).toBeGreaterThanOrEqual(0);
  expect(delay).toBeLessThan(100);
});

it('has the bounds that it is given', () => {
  expect(delays(new Backoff({ minMs: 10, maxMs: 50 }, () => 1), 6)).toEqual([0, 10, 20, 40, 50, 50]);
});
