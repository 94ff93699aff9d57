import { runSeeds } from '@iot/simulation';
import { it } from 'vitest';
import { draw, TIME_LIMIT_MS, seeds } from './draw.js';
import { session } from './makers.js';
import { World, type WorldOptions } from './world.js';

/**
 * An end dies and starts again as it was at an earlier moment of that run, in version 2. What it has sent since then dies
 * with it; what was unacked at that moment is sent again, and may come twice; what was unread then is read again.
 */
function restored(seed: number): WorldOptions {
  const faults = ['backup', 'backup', 'restore', 'restore', 'reset', 'stall', 'busy', 'cut', 'kill'] as const;
  const options = draw(seed, faults, { noWait: 0 }, undefined, 2);
  const { timeoutMs } = options;
  const habits = { expectedErrors: ['ERR_LINES_MISSED'], backedUp: true };
  return {
    ...options,
    makeClient: session('client', timeoutMs, { protocol: 2 }, habits),
    makeServer: session('server', timeoutMs, { protocol: 2 }, habits),
  };
}

it(
  'keeps the promise when an end starts again from a backup: what is unacked there comes, once more at most',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        new World(seed, restored(seed)).run();
      },
    });
  },
  TIME_LIMIT_MS,
);
