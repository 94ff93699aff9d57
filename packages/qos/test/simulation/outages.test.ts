import { runSeeds } from '@iot/simulation';
import { describe, it } from 'vitest';
import { draw, PATIENCE_MS, PROTOCOLS, seeds } from './draw.js';
import { World } from './world.js';

describe.each(PROTOCOLS)('version %i', (protocol) => {
  it(
    'keeps the promise through outages, however unlucky',
    () => {
      runSeeds({
        ...seeds,
        run: (seed) => {
          const faults = ['reset', 'stall', 'stall', 'vanish', 'busy', 'cut'] as const;
          new World(seed, draw(seed, faults, {}, undefined, protocol)).run();
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
          new World(seed, draw(seed, faults, { identicalPayloads: true }, undefined, protocol)).run();
        },
      });
    },
    PATIENCE_MS,
  );
});

it(
  'keeps the order of all qos lines in version 2, with `wait` or without',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const habits = { noQos: 0, inOrder: true, burst: 40 };
        new World(seed, draw(seed, ['reset', 'stall', 'vanish', 'busy', 'cut'], habits, undefined, 2)).run();
      },
    });
  },
  PATIENCE_MS,
);
