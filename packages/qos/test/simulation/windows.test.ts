import { Random, runSeeds } from '@iot/simulation';
import { it } from 'vitest';
import { draw, TIME_LIMIT_MS, seeds } from './draw.js';
import type { Habits } from './end.js';
import { session } from './makers.js';
import { World, type Fault, type WorldOptions } from './world.js';

/** Both ends have space for one longest line, and write lines of all lengths. */
function narrow(
  seed: number,
  faults: readonly Fault[],
  habits: Partial<Habits>,
  timeouts?: number[],
): WorldOptions {
  const random = new Random(seed);
  const maxLineBytes = random.pick([30, 120]);
  const lineBytes = [0, maxLineBytes / 2, maxLineBytes];
  const options = draw(seed, faults, { lineBytes, inOrder: true, ...habits }, timeouts, 2);
  const limits = { maxUnreadLines: 1, maxUnreadBytes: maxLineBytes, maxLineBytes, protocol: 2 } as const;
  return {
    ...options,
    makeClient: session('client', options.timeoutMs, limits),
    makeServer: session('server', options.timeoutMs, limits),
  };
}

it(
  'keeps promise and order with space for one line at each end, whatever its length and however slow the reader',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const faults = ['reset', 'stall', 'vanish', 'busy', 'cut', 'kill'] as const;
        const random = new Random(seed);
        const pauses = { writePauseMs: 500, readPauseMs: random.pick([1, 100, 1000]) };
        const options = narrow(seed, faults, { ...pauses, burst: random.pick([1, 4]) }, [200, 600]);
        new World(seed, { ...options, chunkings: ['as-written', 'random'] }).run();
      },
    });
  },
  TIME_LIMIT_MS,
);

it(
  'sends a burst into space for one line as fast as it is read: no line waits for a keepalive',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const pauses = { writePauseMs: 5000, readPauseMs: 1 };
        // Sixty lines that are read one every 150 ms, as when the world is healed, take nine seconds; with a keepalive each, 22.
        const habits = { ...pauses, noQos: 0, aborted: 0, burst: 40, settledWithinMs: 12_000 };
        const options = narrow(seed, [], habits, [1500]);
        const times = { faultyMs: 15_000, latencyMs: { min: 0, max: 5 }, awayMs: { min: 0, max: 1 } };
        new World(seed, { ...options, ...times, chunkings: ['as-written'] }).run();
      },
    });
  },
  TIME_LIMIT_MS,
);
