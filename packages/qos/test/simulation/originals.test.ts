import { runSeeds } from '@iot/simulation';
import { describe, it } from 'vitest';
import { kindly, PATIENCE_MS, PROTOCOLS, rebootingBoard, seeds } from './draw.js';
import { World } from './world.js';

describe.each(PROTOCOLS)('an end of ours that speaks up to version %i', (protocol) => {
  it(
    'keeps the promise with an original client at the other end',
    () => {
      runSeeds({
        ...seeds,
        run: (seed) => {
          new World(seed, kindly(seed, 'client', protocol)).run();
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
          new World(seed, kindly(seed, 'server', protocol)).run();
        },
      });
    },
    PATIENCE_MS,
  );
});

it(
  'loses at most the first line of a board that reboots at any time and always says the same',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        new World(seed, { ...rebootingBoard(seed, { waits: true }), ambiguousPerDeath: 1 }).run();
      },
    });
  },
  PATIENCE_MS,
);

it(
  'delivers nothing twice from a board that reboots, always says the same and does not wait for acks',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        new World(seed, { ...rebootingBoard(seed, { waits: false }), ambiguousPerDeath: 128 }).run();
      },
    });
  },
  PATIENCE_MS,
);
