import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Checker, type Counts } from '../src/checker.js';

/** `1 2x5`: run 2, id 5; without an x no run is told. */
function check(text: string, window?: number): Checker {
  const checker = new Checker(window);
  for (const word of text.split(' ')) {
    const [first, second] = word.split('x').map(Number);
    if (second === undefined) checker.see(first!);
    else checker.see(second, first);
  }
  return checker;
}

function counts(some: Partial<Counts> = {}): Counts {
  return { duplicates: 0, missing: 0, outOfOrder: 0, reboots: 0, ...some };
}

describe('the checker', () => {
  it.each<[string, string, Partial<Counts>, number]>([
    ['finds nothing in a good sequence', '0 1 2 3 4', {}, 0],
    ['begins with the first id that comes: the peer may have been there before', '17 18 19', {}, 0],
    ['counts an id that comes again', '0 1 1 2 2 2', { duplicates: 3 }, 0],
    ['counts a late id as out of order, and not as missing', '0 1 3 2 4', { outOfOrder: 1 }, 0],
    [
      'counts the second coming of a late id as a duplicate',
      '0 1 3 2 2',
      { outOfOrder: 1, duplicates: 1 },
      0,
    ],
    ['does not call an id missing while it may still come', '0 1 4', {}, 2],
    ['counts one before the first that came as late', '1 0 2', { outOfOrder: 1 }, 0],
    ['sees a reboot by ids that start again', '0 1 2 3 0 1 2', { reboots: 1 }, 0],
    ['sees a reboot whose first id was overtaken', '0 1 2 3 0 2 1', { reboots: 1, outOfOrder: 1 }, 0],
    ['sees reboot after reboot', '0 1 2 0 1 0 1 2', { reboots: 2 }, 0],
    ['takes a lone 0 for a duplicate', '0 1 2 0 3 4', { duplicates: 1 }, 0],
    ['takes two lone 0s for duplicates', '0 1 2 0 0 3', { duplicates: 2 }, 0],
    ['takes a 0 that was only late for late', '1 2 0 3', { outOfOrder: 1 }, 0],
    ['knows a reboot by the run, at whatever id', '1x0 1x1 2x0 2x1', { reboots: 1 }, 0],
    ['knows a duplicate 0 by the run', '1x0 1x1 1x0 1x1', { duplicates: 2 }, 0],
    [
      'counts a line of a run that is over as out of order',
      '1x0 2x0 1x1 2x1',
      { reboots: 1, outOfOrder: 1 },
      0,
    ],
    [
      'counts gaps at a reboot as missing: they will not be filled',
      '1x0 1x3 2x0',
      { reboots: 1, missing: 2 },
      0,
    ],
  ])('%s: %s', (_, ids, expected, outstanding) => {
    const checker = check(ids);
    expect(checker.counts).toEqual(counts(expected));
    expect(checker.outstanding).toBe(outstanding);
  });

  it('counts an id as missing once it has left the window', () => {
    expect(check('0 2 3', 4).counts).toEqual(counts());
    expect(check('0 2 3 4', 4).counts).toEqual(counts());
    expect(check('0 2 3 4 5', 4).counts).toEqual(counts({ missing: 1 }));
  });

  it('sees a reboot by a first id that is older than the window', () => {
    expect(check('0 1 2 3 4 5 6 7 8 2 3 4', 4).counts).toEqual(counts({ reboots: 1 }));
  });

  it('takes an old id that is none of the first few for late', () => {
    expect(check('0 1 2 3 4 5 6 7 8 9 10 4', 4).counts).toEqual(counts({ outOfOrder: 1 }));
  });

  it('counts what a leap skips, at once and without looking at each', () => {
    const checker = new Checker(128);
    checker.see(0);
    checker.see(1_000_000_000_000);
    expect(checker.counts.missing).toBe(1_000_000_000_000 - 128);
    expect(checker.outstanding).toBe(127);
  });

  it('counts right for every sequence whose lateness stays in the window', () => {
    const window = 8;
    // Each id comes up to three times, each time up to seven places late.
    const comings = fc.array(fc.array(fc.integer({ min: 0, max: window - 1 }), { maxLength: 3 }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(comings, (each) => {
        const sequence = each
          .flatMap((delays, id) => delays.map((delay) => ({ id, at: id + delay })))
          .sort((a, b) => a.at - b.at || a.id - b.id)
          .map(({ id }) => id);
        const checker = new Checker(window);
        for (const id of sequence) checker.see(id, 1);

        const model = { duplicates: 0, outOfOrder: 0 };
        const seen = new Set<number>();
        let newest = -1;
        for (const id of sequence) {
          // What is before the first that came is late each time: the checker does not look there.
          if (id < newest && (id < sequence[0]! || !seen.has(id))) model.outOfOrder += 1;
          else if (seen.has(id)) model.duplicates += 1;
          seen.add(id);
          newest = Math.max(newest, id);
        }
        const { duplicates, missing, outOfOrder, reboots } = checker.counts;
        expect({ duplicates, outOfOrder, reboots }).toEqual({ ...model, reboots: 0 });
        const first = sequence[0] ?? 0;
        const unseen = Array.from({ length: newest + 1 }, (_, id) => id).filter(
          (id) => id >= first && !seen.has(id),
        );
        expect(missing + checker.outstanding).toBe(unseen.length);
      }),
    );
  });

  it('is never thrown off: whatever comes, a good sequence after it is good', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 300 })), (noise) => {
        const checker = new Checker();
        for (const id of noise) checker.see(id);
        for (let id = 1000; id < 1200; id++) checker.see(id);
        const before = checker.counts;
        for (let id = 1200; id < 1300; id++) checker.see(id);
        expect(checker.counts).toEqual(before);
        expect(checker.outstanding).toBe(0);
      }),
    );
  });
});
