import { expect, it } from 'vitest';
import { checkScript, FAULT_KINDS, seededScript } from '../src/index.js';

it('makes the same script of the same seed, in every release', () => {
  const script = seededScript(7, { durationMs: 12_000 });
  expect(seededScript(7, { durationMs: 12_000 })).toEqual(script);
  expect(script).toEqual([
    { at: 1023, do: 'cut', how: 'rst' },
    { at: 2834, do: 'limit', bytesPerSecond: 10_000, direction: 'toServer', for: 1660 },
    { at: 4349, do: 'stall', direction: 'both', for: 1556 },
    { at: 5743, do: 'delay', ms: 155, jitterMs: 196, direction: 'toServer', for: 1605 },
    { at: 7238, do: 'refuse', for: 431 },
    { at: 8547, do: 'delay', ms: 46, jitterMs: 183, direction: 'toClient', for: 2286 },
    { at: 10_654, do: 'split', direction: 'both', for: 1301 },
    { at: 12_000, do: 'heal' },
  ]);
});

it('makes another of another seed', () => {
  const scripts = [0, 1, 2, 2 ** 31, 2 ** 32 - 1].map((seed) => JSON.stringify(seededScript(seed)));
  expect(new Set(scripts).size).toBe(scripts.length);
});

it('is a good script of every kind, whose faults end in time, and which heals at last', () => {
  const kinds = new Set<string>();
  for (let seed = 0; seed < 50; seed++) {
    const script = checkScript(seededScript(seed, { meanPauseMs: 1001, durationMs: 30_000 }));
    expect(script.at(-1)).toEqual({ at: 30_000, do: 'heal' });
    let before = 0;
    for (const step of script.slice(0, -1)) {
      kinds.add(step.do);
      expect(step.at - before).toBeGreaterThanOrEqual(501);
      expect(step.at - before).toBeLessThanOrEqual(1501);
      before = step.at;
      const lastsMs = 'for' in step ? (step.for ?? Infinity) : 0;
      expect(lastsMs).toBeLessThanOrEqual(1501);
      expect(step.at + lastsMs).toBeLessThanOrEqual(30_000);
    }
  }
  expect([...kinds].sort()).toEqual([...FAULT_KINDS].sort());
});

it('keeps to the kinds asked for', () => {
  const script = seededScript(3, { kinds: ['cut', 'stall'], meanPauseMs: 100 });
  expect(new Set(script.map((step) => step.do))).toEqual(new Set(['cut', 'stall', 'heal']));
});

it('has something to say in the shortest of times', () => {
  expect(seededScript(1, { durationMs: 0 })).toEqual([{ at: 0, do: 'heal' }]);
  expect(checkScript(seededScript(1, { meanPauseMs: 1, durationMs: 100 })).length).toBeGreaterThan(1);
});

it.each([
  [1.5, {}, 'a seed must be a whole number below 2 ** 32, not 1.5'],
  [-1, {}, 'a seed must be a whole number below 2 ** 32, not -1'],
  [1, { meanPauseMs: 0 }, 'meanPauseMs must be a whole number from 1 to 2147483647, not 0'],
  [1, { durationMs: -1 }, 'durationMs must be a whole number from 0 to 2147483647, not -1'],
  [1, { kinds: [] }, 'kinds must not be empty'],
  [1, { meanPauseMs: 1, durationMs: 100_001 }, 'a script must not be longer than 100000 mean pauses'],
])('says what is wrong with %d and %j', (seed, options, message) => {
  expect(() => seededScript(seed, options)).toThrow(expect.objectContaining({ code: 'ERR_USAGE', message }));
});
