import { runSeeds } from '@iot/simulation';
import { it } from 'vitest';
import { draw, PATIENCE_MS, seeds } from './draw.js';
import { World } from './world.js';

it(
  'keeps the promise through outages, however unlucky',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        new World(seed, draw(seed, ['reset', 'stall', 'stall', 'vanish', 'busy', 'cut'])).run();
      },
    });
  },
  PATIENCE_MS,
);

it(
  'keeps the promise when every line has the same text',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const faults = ['reset', 'stall', 'vanish', 'busy', 'cut'] as const;
        new World(seed, draw(seed, faults, { identicalPayloads: true })).run();
      },
    });
  },
  PATIENCE_MS,
);
