/** The queue of a direction in virtual time: `now` is whatever the test says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOUNDS } from '../src/bounds.js';
import { PLAIN, type Shape } from '../src/shape.js';
import { Shaper } from '../src/shaper.js';
import { newTally } from '../src/stats.js';

function shaperWith(shape: Partial<Shape>, random: () => number = () => 0): Shaper {
  const shaper = new Shaper(newTally(), random);
  shaper.shape = { ...PLAIN, ...shape };
  return shaper;
}

/** What comes out at that time, as text. */
function outOf(shaper: Shaper, now: number): string[] {
  const out: string[] = [];
  for (let piece = shaper.take(now); piece !== undefined; piece = shaper.take(now)) {
    out.push(typeof piece === 'string' ? piece : piece.toString('latin1'));
  }
  return out;
}

function put(shaper: Shaper, now: number, ...chunks: string[]): void {
  for (const chunk of chunks) shaper.put(Buffer.from(chunk, 'latin1'), now);
}

it('without faults lets everything out at once, as it came', () => {
  const shaper = shaperWith({});
  put(shaper, 5, 'ab', 'c');
  shaper.end('fin', 5);
  expect(outOf(shaper, 5)).toEqual(['ab', 'c', 'fin']);
  expect(shaper.wakeAt()).toBeUndefined();
});

describe('a delay', () => {
  it('holds chunks, FIN and reset for its time', () => {
    const shaper = shaperWith({ delay: { ms: 100 } });
    put(shaper, 0, 'a');
    put(shaper, 30, 'b');
    shaper.end('fin', 40);
    expect(outOf(shaper, 99)).toEqual([]);
    expect(shaper.wakeAt()).toBe(100);
    expect(outOf(shaper, 100)).toEqual(['a']);
    expect(outOf(shaper, 139)).toEqual(['b']);
    expect(outOf(shaper, 140)).toEqual(['fin']);
  });

  it('draws its jitter for each chunk, and lets none overtake another', () => {
    const draws = [0.9, 0, 0.5];
    const shaper = shaperWith({ delay: { ms: 10, jitterMs: 100 } }, () => draws.shift() ?? 0);
    put(shaper, 0, 'a', 'b', 'c');
    expect(outOf(shaper, 99)).toEqual([]);
    expect(outOf(shaper, 100)).toEqual(['a', 'b', 'c']);
  });

  it('that goes off lets what waits go at once; one that changes does not', () => {
    const shaper = shaperWith({ delay: { ms: 100 } });
    put(shaper, 0, 'a');
    shaper.shape = { ...PLAIN, delay: { ms: 1 } };
    put(shaper, 0, 'b');
    expect(outOf(shaper, 99)).toEqual([]);
    shaper.shape = PLAIN;
    expect(outOf(shaper, 99)).toEqual(['a', 'b']);
  });

  it('lets a reset take the place of a FIN that still waits', () => {
    const shaper = shaperWith({ delay: { ms: 100 } });
    put(shaper, 0, 'a');
    shaper.end('fin', 0);
    shaper.end('reset', 0);
    expect(outOf(shaper, 100)).toEqual(['a', 'reset']);
  });
});

describe('a limit', () => {
  it('lets out a slice of 50 ms worth, then waits until the rate allows the next', () => {
    const shaper = shaperWith({ limit: { bytesPerSecond: 40 } });
    put(shaper, 0, 'abcde');
    expect(outOf(shaper, 0)).toEqual(['ab']);
    expect(shaper.wakeAt()).toBe(50);
    expect(outOf(shaper, 49)).toEqual([]);
    expect(outOf(shaper, 60)).toEqual(['cd']);
    expect(outOf(shaper, 109)).toEqual([]); // late is late: no catching up
    expect(outOf(shaper, 110)).toEqual(['e']);
  });

  it('writes at least one byte, however slow it is', () => {
    const shaper = shaperWith({ limit: { bytesPerSecond: 1 } });
    put(shaper, 0, 'ab');
    expect(outOf(shaper, 0)).toEqual(['a']);
    expect(outOf(shaper, 999)).toEqual([]);
    expect(outOf(shaper, 1000)).toEqual(['b']);
  });

  it('that changes forgets the time that the old one still asked for', () => {
    const shaper = shaperWith({ limit: { bytesPerSecond: 1 } });
    put(shaper, 0, 'abc');
    expect(outOf(shaper, 0)).toEqual(['a']);
    shaper.shape = { ...PLAIN, limit: { bytesPerSecond: 20 } };
    expect(outOf(shaper, 0)).toEqual(['b']);
    shaper.shape = PLAIN;
    expect(outOf(shaper, 0)).toEqual(['c']);
  });
});

describe('a merge', () => {
  it('collects what comes within its time', () => {
    const shaper = shaperWith({ merge: { ms: 20 } });
    put(shaper, 0, 'a');
    put(shaper, 19, 'b');
    put(shaper, 20, 'c');
    expect(outOf(shaper, 19)).toEqual([]);
    expect(outOf(shaper, 20)).toEqual(['ab']);
    expect(outOf(shaper, 40)).toEqual(['c']);
  });

  it('begins another chunk where the first would be longer than 64 KiB', () => {
    const shaper = shaperWith({ merge: { ms: 20 } });
    put(shaper, 0, 'x'.repeat(BOUNDS.mergedBytes - 1), 'y', 'z');
    expect(outOf(shaper, 20).map((piece) => piece.length)).toEqual([BOUNDS.mergedBytes, 1]);
  });

  it('that goes off collects no more', () => {
    const shaper = shaperWith({ merge: { ms: 20 } });
    put(shaper, 0, 'a');
    shaper.shape = PLAIN;
    put(shaper, 1, 'b');
    expect(outOf(shaper, 1)).toEqual(['a', 'b']);
  });

  it('does not merge across a FIN, nor into what is going out already', () => {
    const shaper = shaperWith({ merge: { ms: 20 }, split: 'bytes' });
    put(shaper, 0, 'ab');
    expect(shaper.take(20)?.toString()).toBe('a');
    put(shaper, 20, 'c');
    shaper.end('fin', 20);
    expect(outOf(shaper, 20)).toEqual(['b']);
    expect(outOf(shaper, 40)).toEqual(['c', 'fin']);
  });
});

it('splits into single bytes', () => {
  const shaper = shaperWith({ split: 'bytes' });
  put(shaper, 0, 'abc');
  expect(outOf(shaper, 0)).toEqual(['a', 'b', 'c']);
});

it('is full at 1 MiB, and at 4096 chunks', () => {
  const large = shaperWith({ delay: { ms: 1 } });
  put(large, 0, 'x'.repeat(BOUNDS.queuedBytes - 1));
  expect(large.full).toBe(false);
  put(large, 0, 'y');
  expect(large).toMatchObject({ full: true, queuedBytes: BOUNDS.queuedBytes });
  outOf(large, 1);
  expect(large).toMatchObject({ full: false, queuedBytes: 0 });
  const small = shaperWith({ delay: { ms: 1 } });
  put(small, 0, ...Array<string>(BOUNDS.queuedChunks).fill('.'));
  expect(small.full).toBe(true);
});

it('counts each kind', () => {
  const tally = newTally();
  const shaper = new Shaper(tally, () => 0);
  shaper.shape = { delay: { ms: 5 }, merge: { ms: 5 }, limit: { bytesPerSecond: 1000 }, split: 'bytes' };
  put(shaper, 0, 'a', 'b');
  for (let now = 0; now < 20; now++) outOf(shaper, now);
  expect(tally).toMatchObject({ delayed: 1, merged: 1, limited: 1, split: 2 });
});

const shape = fc.record<Shape>({
  delay: fc.oneof(fc.constant('off' as const), fc.record({ ms: fc.nat(50), jitterMs: fc.nat(50) })),
  limit: fc.oneof(
    fc.constant('off' as const),
    fc.record({ bytesPerSecond: fc.integer({ min: 1, max: 2000 }) }),
  ),
  split: fc.constantFrom('bytes', 'off'),
  merge: fc.oneof(fc.constant('off' as const), fc.record({ ms: fc.nat(50) })),
});
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ put: fc.string({ minLength: 1, maxLength: 50, unit: 'binary-ascii' }) }),
  },
  { weight: 1, arbitrary: fc.record({ shape }) },
  { weight: 4, arbitrary: fc.record({ wait: fc.nat(60) }) },
);

it('whatever the faults and their changes: every byte comes out, once, in order, before the FIN', () => {
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 60 }),
      fc.array(fc.double({ min: 0, max: 0.999 })),
      (script, draws) => {
        const shaper = new Shaper(newTally(), () => draws.pop() ?? 0);
        let now = 0;
        let sent = '';
        const got: string[] = [];
        for (const act of script) {
          if ('put' in act) {
            put(shaper, now, act.put);
            sent += act.put;
          } else if ('shape' in act) shaper.shape = act.shape;
          else now += act.wait;
          got.push(...outOf(shaper, now));
          expect(shaper.queuedBytes).toBe(sent.length - got.join('').length);
          expect(shaper.wakeAt() ?? Infinity).toBeGreaterThan(now); // a wake-up in the past would spin
        }
        shaper.end('fin', now);
        for (let at = shaper.wakeAt(); at !== undefined; at = shaper.wakeAt()) {
          got.push(...outOf(shaper, at));
        }
        expect(got.pop()).toBe('fin');
        expect(got.join('')).toBe(sent);
      },
    ),
  );
});
