import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberRanges } from '../src/number-ranges.js';

describe('numbers as ranges', () => {
  it('are those of a set, whatever comes and leaves', () => {
    const step = fc.oneof(
      fc.record({ gap: fc.constantFrom(1, 1, 1, 2, 5) }),
      fc.record({ leaves: fc.integer({ min: 0, max: 60 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ranges = new NumberRanges();
        const set = new Set<number>();
        let last = -1;
        for (const it of steps) {
          if ('gap' in it) {
            last += it.gap;
            ranges.push(last);
            set.add(last);
          } else expect(ranges.delete(it.leaves)).toBe(set.delete(it.leaves));
          expect(ranges.size).toBe(set.size);
          expect([ranges.first, ranges.last]).toEqual([[...set][0], [...set].at(-1)]);
        }
        for (let number = -1; number <= last + 1; number++) expect(ranges.has(number)).toBe(set.has(number));
        const again = new NumberRanges();
        for (const [first, end] of ranges.ranges()) again.pushRange(first, end);
        expect([again.size, again.ranges()]).toEqual([set.size, ranges.ranges()]);
      }),
    );
  });

  it('take one range without gaps, and one more for each number that leaves in the middle', () => {
    const ranges = new NumberRanges();
    for (let number = 0; number < 100_000; number++) ranges.push(number);
    for (const number of [0, 1, 99_999, 500, 600]) ranges.delete(number);
    expect(ranges.ranges()).toEqual([
      [2, 499],
      [501, 599],
      [601, 99_998],
    ]);
  });
});
