import { runSeeds } from '@iot/simulation';
import { describe, it } from 'vitest';
import { draw, PATIENCE_MS, seeds } from './draw.js';
import { PROTOCOLS, session, stored } from './makers.js';
import { World } from './world.js';

describe.each(PROTOCOLS)('version %i', (protocol) => {
  it(
    'loses nothing and doubles nothing when both ends are stored and die at any time',
    () => {
      runSeeds({
        ...seeds,
        run: (seed) => {
          const options = draw(seed, ['reset', 'stall', 'busy', 'kill', 'kill'], {}, undefined, protocol);
          const { timeoutMs } = options;
          const makeClient = stored('client', timeoutMs, { protocol });
          const makeServer = stored('server', timeoutMs, { protocol });
          new World(seed, { ...options, makeClient, makeServer }).run();
        },
      });
    },
    PATIENCE_MS,
  );

  it.each(['client', 'server'] as const)(
    'loses nothing and doubles nothing when the %s is stored and dies at any time',
    (end) => {
      runSeeds({
        ...seeds,
        run: (seed) => {
          const faults = ['reset', 'stall', 'busy', `kill-${end}`, `kill-${end}`] as const;
          const options = draw(seed, faults, {}, undefined, protocol);
          const { timeoutMs } = options;
          const make = (role: 'client' | 'server') =>
            (role === end ? stored : session)(role, timeoutMs, { protocol });
          new World(seed, { ...options, makeClient: make('client'), makeServer: make('server') }).run();
        },
      });
    },
    PATIENCE_MS,
  );
});
