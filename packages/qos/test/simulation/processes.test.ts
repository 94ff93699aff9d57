import { Random, runSeeds } from '@iot/simulation';
import { it } from 'vitest';
import { draw, TIME_LIMIT_MS, seeds } from './draw.js';
import { session } from './makers.js';
import { World, type WorldOptions } from './world.js';

/**
 * Processes with one id that take turns, as many as a server remembers, in version 2. What is unacked at a change may come to
 * more than one of them, to each once; one that comes back is told that it has missed what the others have settled.
 */
function taking(seed: number): WorldOptions {
  const random = new Random(seed);
  const faults = ['swap', 'swap', 'swap', 'reset', 'stall', 'busy', 'cut', 'kill-server'] as const;
  const habits = { inOrder: true, identicalPayloads: random.chance(1 / 3), burst: random.pick([1, 10]) };
  const options = draw(seed, faults, habits, undefined, 2);
  const session2 = { expectedErrors: ['ERR_LINES_MISSED'] };
  return {
    ...options,
    // Which of the clients has read which line is to be seen.
    serverHabits: { identicalPayloads: false },
    clients: random.pick([2, 3, 4]),
    makeClient: session('client', options.timeoutMs, { protocol: 2 }, session2),
  };
}

it(
  'delivers each line of each process once, in order, whichever of them has the id',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        new World(seed, taking(seed)).run();
      },
    });
  },
  TIME_LIMIT_MS,
);
