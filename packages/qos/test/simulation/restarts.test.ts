import { runSeeds } from '@iot/simulation';
import { expect, it } from 'vitest';
import { draw, PATIENCE_MS, seeds } from './draw.js';
import { session } from './makers.js';
import { World } from './world.js';

it(
  'keeps the promise, life by life, when ends die and start again',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        new World(seed, draw(seed, ['reset', 'stall', 'vanish', 'busy', 'kill', 'kill'])).run();
      },
    });
  },
  PATIENCE_MS,
);

it(
  'keeps the promise, life by life, when every life begins with the same line',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const faults = ['reset', 'stall', 'stall', 'kill'] as const;
        // Short lives that are slow to read: lines of one are read in the next, and would be acked late there.
        const habits = { boots: true, writePauseMs: 3000, readPauseMs: 3000, burst: 2 };
        const options = draw(seed, faults, habits, [1000]);
        const ends = {
          makeClient: session('client', 1000, { ackWhen: 'read' }),
          makeServer: session('server', 1000, { ackWhen: 'read' }),
        };
        new World(seed, { ...options, ...ends, faultyMs: 120_000, faultPauseMs: 1500 }).run();
      },
    });
  },
  PATIENCE_MS,
);

it(
  'keeps the promise when every line has the same text and an end starts again that had been quiet',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const habits = { identicalPayloads: true, aborted: 0, noQos: 0, writePauseMs: 12 * 1500 };
        new World(seed, draw(seed, ['kill-quiet'], habits)).run();
      },
    });
  },
  PATIENCE_MS,
);

it(
  'delivers nothing twice when every line has the same text and ends start again at any time',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const options = draw(seed, ['reset', 'stall', 'busy', 'kill'], { identicalPayloads: true });
        // The receiver knows 128 ids of the life before, and may take as many new lines for repeats.
        new World(seed, { ...options, ambiguousPerDeath: 1 }).run();
      },
    });
  },
  PATIENCE_MS,
);

it('replays a seed exactly', () => {
  const [first, second] = [1, 2].map(() => new World(7, draw(7, ['reset', 'stall', 'kill'])).run());
  expect(first?.up.report()).toEqual(second?.up.report());
  expect(first?.down.report()).toEqual(second?.down.report());
});
