import { runSeeds } from '@iot/simulation';
import { it } from 'vitest';
import { kindly, PATIENCE_MS, seeds } from './draw.js';
import { World } from './world.js';

it(
  'keeps the promise with an original client at the other end',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        new World(seed, kindly(seed, 'client')).run();
      },
    });
  },
  PATIENCE_MS,
);

it(
  'keeps the promise with an original server at the other end',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        new World(seed, kindly(seed, 'server')).run();
      },
    });
  },
  PATIENCE_MS,
);
