import { describe, expect, it } from 'vitest';
import { runSeeds, SeedError, seedsFromEnv } from '../src/seeds.js';
import { Trace } from '../src/trace.js';

function failure(act: () => void): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

describe('runSeeds', () => {
  it('runs every seed of the range, in order', () => {
    const seen: number[] = [];
    runSeeds({ first: 5, count: 3, run: (seed) => seen.push(seed) });
    expect(seen).toEqual([5, 6, 7]);
  });

  it('stops at the first failure and says which seed, how to replay it and what led to it', () => {
    const trace = new Trace(() => 42);
    trace.log('client', 'gives up');
    const cause = Object.assign(new Error('a line was lost'), { trace });
    const run = (seed: number) => {
      if (seed >= 3) throw cause;
    };
    const error = failure(() => runSeeds({ first: 1, count: 10, run }));
    expect(error).toBeInstanceOf(SeedError);
    expect(error.cause).toBe(cause);
    expect(error.message).toBe(
      'seed 3: a line was lost\n' +
        'replay with: SEED=3 npx vitest run test/simulation (in this package)\n' +
        '--- trace ---\n42 client gives up',
    );
  });

  it('prints a trace that is text, and does without one', () => {
    const throwing = (what: unknown) => () => {
      throw what;
    };
    const asText = Object.assign(new Error('x'), { trace: '1 a b' });
    expect(failure(() => runSeeds({ first: 1, count: 1, run: throwing(asText) })).message).toMatch(
      /\n1 a b$/,
    );
    const none = failure(() => runSeeds({ first: 1, count: 1, run: throwing(new Error('x')) }));
    expect(none.message).not.toContain('trace');
    expect(failure(() => runSeeds({ first: 1, count: 1, run: throwing('words') })).message).toContain(
      'words',
    );
  });
});

describe('seedsFromEnv', () => {
  it('takes just the one seed of SEED, before anything else', () => {
    expect(seedsFromEnv({ SEED: '17', SEEDS: '1000' }, { count: 20 })).toEqual({ first: 17, count: 1 });
  });

  it('takes as many as SEEDS says, from 1 on', () => {
    expect(seedsFromEnv({ SEEDS: '1000' }, { first: 9, count: 20 })).toEqual({ first: 1, count: 1000 });
  });

  it('takes the fallback when neither is set', () => {
    expect(seedsFromEnv({ SEED: '' }, { count: 20 })).toEqual({ first: 1, count: 20 });
    expect(seedsFromEnv({}, { first: 4, count: 20 })).toEqual({ first: 4, count: 20 });
  });

  it('refuses what is not a whole number rather than run something else', () => {
    expect(() => seedsFromEnv({ SEED: 'abc' }, { count: 1 })).toThrow(/SEED=abc/);
    expect(() => seedsFromEnv({ SEEDS: '1.5' }, { count: 1 })).toThrow(/SEEDS=1.5/);
  });
});
