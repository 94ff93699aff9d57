import { runSeeds } from '@iot/simulation';
import { describe, expect, it } from 'vitest';
import { draw, TIME_LIMIT_MS, seeds } from './draw.js';
import { PROTOCOLS } from './makers.js';
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
    TIME_LIMIT_MS,
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
    TIME_LIMIT_MS,
  );
});

it(
  'keeps the order of all qos lines in version 2, with `wait` or without, and sends none again that has come',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const habits = { noQos: 0, inOrder: true, burst: 40 };
        const faults = ['reset', 'stall', 'vanish', 'busy', 'cut'] as const;
        const { client, server, hellos } = new World(seed, draw(seed, faults, habits, undefined, 2)).run();
        // A client that has had no answer twice in a row goes on in version 1, which repeats.
        if (!hellos.every(({ offers }) => offers)) return;
        expect([client?.duplicatesDropped, server?.duplicatesDropped]).toEqual([0, 0]);
      },
    });
  },
  TIME_LIMIT_MS,
);
