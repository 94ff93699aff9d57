import { Random, runSeeds } from '@iot/simulation';
import { it } from 'vitest';
import { draw, TIME_LIMIT_MS, seeds } from './draw.js';
import { World, type WorldOptions } from './world.js';

it(
  'keeps the promise over round trips of up to two timeouts, whether steady or not',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        new World(seed, far(seed)).run();
      },
    });
  },
  TIME_LIMIT_MS,
);

function far(seed: number): WorldOptions {
  const random = new Random(seed);
  // Long lines are repeated later than others.
  const habits = random.chance(1 / 2) ? {} : { lineBytes: [1500] };
  const options = draw(seed, ['reset', 'stall', 'vanish', 'busy', 'cut'], habits);
  const max = 2 * random.int(options.timeoutMs / 10, options.timeoutMs / 2 - 1);
  return { ...options, latencyMs: { min: random.pick([0, max / 2, max]), max } };
}
