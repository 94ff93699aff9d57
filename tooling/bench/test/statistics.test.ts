import { describe, expect, it } from 'vitest';
import { medianRatio, spread, Times } from '../src/statistics.js';

describe('times', () => {
  it('have as a percentile the smallest time that the share of all is not above', () => {
    const times = new Times();
    for (let ms = 100; ms >= 1; ms--) times.add(ms);
    expect([0, 0.5, 0.99, 0.999, 1].map((share) => times.percentile(share))).toEqual([1, 50, 99, 100, 100]);
  });

  it('are all counted, however many there are', () => {
    const times = new Times();
    for (let i = 0; i < 200_000; i++) times.add(i);
    expect(times.percentile(0.5)).toBe(99_999);
    times.add(1e9);
    expect(times.percentile(1)).toBe(1e9);
  });

  it('have no percentile when there are none', () => {
    expect(new Times().percentile(0.5)).toBeNaN();
  });
});

it('the spread of rounds is their median and their range', () => {
  expect(spread([5, 1, 3])).toEqual({ median: 3, least: 1, most: 5 });
});

describe('the ratio', () => {
  it('is the median of those of the rounds, not the ratio of the medians', () => {
    expect(medianRatio([10, 20, 30], [10, 10, 10])).toBe(2);
    expect(medianRatio([1, 10, 100], [1, 100, 10])).toBe(1);
  });

  it('of nothing to nothing is 1, and of something to nothing has no bound', () => {
    expect(medianRatio([0], [0])).toBe(1);
    expect(medianRatio([2], [0])).toBe(Infinity);
  });

  it('is none when one side has no round', () => {
    expect(medianRatio([1], [])).toBeNaN();
  });
});
