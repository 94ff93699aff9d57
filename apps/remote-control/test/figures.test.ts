import { expect, it } from 'vitest';
import { quantile, render } from '../latency/figures.js';

it('the quantile is the value below which the share lies', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => BigInt(100 - i));
  expect(quantile(hundred, 0.5)).toBe(50n);
  expect(quantile(hundred, 0.99)).toBe(99n);
  expect(quantile([3n, 1n, 2n], 0.5)).toBe(2n);
  expect(quantile([7n], 0.99)).toBe(7n);
  expect(() => quantile([], 0.5)).toThrow(RangeError);
});

it('both rows and their ratio are printed', () => {
  expect(render({ presses: [250_000n, 240_000n, 990_400n], hops: [100_000n, 90_000n, 110_000n] })).toBe(
    [
      'press to LED  median   250 µs  p99   990 µs  (3 presses)',
      'two raw hops  median   100 µs  p99   110 µs  (3 lines)',
      'ratio         median 2.50',
    ].join('\n'),
  );
});
