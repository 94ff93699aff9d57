import { describe, expect, it } from 'vitest';
import { Random } from '../src/random.js';

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.float());

describe('Random', () => {
  it('gives the same sequence for the same seed, on every machine', () => {
    expect(draw(new Random(7), 50)).toEqual(draw(new Random(7), 50));
    const random = new Random(1);
    expect([random.int(0, 999), random.int(0, 999), random.int(0, 999)]).toMatchInlineSnapshot(`
      [
        211,
        315,
        837,
      ]
    `);
  });

  it('gives unrelated sequences for neighbouring seeds and for seeds beyond 32 bits', () => {
    const firsts = new Set<number>();
    for (let seed = 0; seed < 2_000; seed += 1) firsts.add(new Random(seed).float());
    firsts.add(new Random(2 ** 32).float());
    firsts.add(new Random(-1).float());
    expect(firsts.size).toBe(2_002);
  });

  it('spreads its numbers evenly over 0 to 1', () => {
    const buckets = Array.from({ length: 10 }, () => 0);
    for (const value of draw(new Random(3), 20_000)) buckets[Math.floor(value * 10)]! += 1;
    for (const bucket of buckets) expect(bucket).toBeGreaterThan(1_800);
    for (const bucket of buckets) expect(bucket).toBeLessThan(2_200);
  });

  it('draws integers with both limits included', () => {
    const random = new Random(5);
    const seen = new Set(Array.from({ length: 500 }, () => random.int(-2, 2)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
    expect(random.int(4, 4)).toBe(4);
    expect(() => random.int(2, 1)).toThrow(RangeError);
    expect(() => random.int(0, 1.5)).toThrow(RangeError);
  });

  it('takes a chance as often as told, and never or always at the ends', () => {
    const random = new Random(9);
    const hits = Array.from({ length: 10_000 }, () => random.chance(0.3)).filter(Boolean).length;
    expect(hits).toBeGreaterThan(2_800);
    expect(hits).toBeLessThan(3_200);
    expect(Array.from({ length: 100 }, () => random.chance(0))).not.toContain(true);
    expect(Array.from({ length: 100 }, () => random.chance(1))).not.toContain(false);
  });

  it('picks each of the items and nothing from none', () => {
    const random = new Random(11);
    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])))).toEqual(
      new Set(['a', 'b', 'c']),
    );
    expect(() => random.pick([])).toThrow(RangeError);
  });

  it('forks a generator whose use does not move its parent', () => {
    const used = new Random(13);
    draw(used.fork(), 100);
    const unused = new Random(13);
    const fork = unused.fork();
    expect(draw(used, 5)).toEqual(draw(unused, 5));
    expect(draw(fork, 5)).not.toEqual(draw(unused, 5));
  });

  it('refuses a seed that is not a safe integer', () => {
    expect(() => new Random(0.5)).toThrow(RangeError);
    expect(() => new Random(Infinity)).toThrow(RangeError);
  });
});
