import { Random, runSeeds } from '@iot/simulation';
import { describe, expect, it } from 'vitest';
import { late, TIME_LIMIT_MS, seeds } from './draw.js';
import { World, type WorldOptions } from './world.js';

it(
  'keeps promise and order through negotiations that are late at any byte, with restarts, on link after link',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const random = new Random(seed);
        const options = late(seed, random.pick([1 / 4, 1, 3]), random.pick([1 / 4, 1]));
        const faults = ['reset', 'reset', 'cut', 'stall', 'busy', 'vanish', 'kill'] as const;
        new World(seed, { ...options, faults }).run();
      },
    });
  },
  TIME_LIMIT_MS,
);

function brief(seed: number, timeouts: number): WorldOptions {
  const options = late(seed, timeouts, 1);
  return { ...options, faultyMs: 8 * options.timeoutMs };
}

describe('two ends of version 2', () => {
  it(
    'speak it on the first link when the answer comes within a quarter of the timeout',
    () => {
      runSeeds({
        ...seeds,
        run: (seed) => {
          // Both directions may be late before the answer.
          const { client, server, hellos } = new World(seed, brief(seed, 1 / 8 - 1 / 100)).run();
          expect([client?.protocol, server?.protocol]).toEqual([2, 2]);
          expect(hellos).toHaveLength(1);
        },
      });
    },
    TIME_LIMIT_MS,
  );

  it(
    'speak it on the second link at the latest when the answer comes within the timeout, and never version 1',
    () => {
      runSeeds({
        ...seeds,
        run: (seed) => {
          const { client, server, hellos } = new World(seed, brief(seed, 1 / 2 - 1 / 100)).run();
          expect([client?.protocol, server?.protocol]).toEqual([2, 2]);
          expect(hellos.length).toBeLessThanOrEqual(2);
        },
      });
    },
    TIME_LIMIT_MS,
  );
});
