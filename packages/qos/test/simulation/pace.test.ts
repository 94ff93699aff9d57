import { Random, runSeeds } from '@iot/simulation';
import { expect, it } from 'vitest';
import { draw, TIME_LIMIT_MS, seeds } from './draw.js';
import { oneSlotClient, session } from './makers.js';
import { World, type WorldOptions } from './world.js';

const TIMEOUT_MS = 1500;

/** Never writes. */
const SILENT = { writePauseMs: 1e9, readPauseMs: 50 };

/** Only the client writes, on an uplink that is slow and never stops. */
function slow(seed: number): WorldOptions {
  const random = new Random(seed);
  const [lineBytes, uplinkBytesPerSecond] = random.pick([
    [40, 2000],
    [2000, 20_000],
    [2000, 8000],
    [20_000, 20_000],
    [60_000, 20_000],
  ] as const);
  const pauses = { readPauseMs: 50, writePauseMs: 2 * TIMEOUT_MS };
  const habits = { ...pauses, lineBytes: [lineBytes], noQos: 0, aborted: 0, burst: random.pick([1, 20]) };
  const maxInFlight = random.pick([1, 4, 16]);
  return {
    ...draw(seed, [], habits, [TIMEOUT_MS]),
    serverHabits: SILENT,
    makeClient: session('client', TIMEOUT_MS, { maxInFlight }),
    makeServer: session('server', TIMEOUT_MS, { maxUnreadLines: 100, ackWhen: 'received' }),
    chunkings: ['as-written'],
    uplinkBytesPerSecond,
    // A kernel takes megabytes.
    sendBufferBytes: 2 ** 22,
    faultyMs: 40 * TIMEOUT_MS,
  };
}

it(
  'repeats few lines on a slow link that loses nothing, and declares no outage',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const { client } = new World(seed, slow(seed)).run();
        expect(client?.outages).toBe(0);
        expect(client?.retransmitted).toBeLessThanOrEqual(2 + (client?.sent ?? 0) / 20);
      },
    });
  },
  TIME_LIMIT_MS,
);

it(
  'sends a burst in order, and soon, to an original client that has space for one line',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const habits = {
          noQos: 0,
          noWait: 1,
          aborted: 0,
          burst: 40,
          writePauseMs: 40 * TIMEOUT_MS,
          readPauseMs: 50,
          settledWithinMs: 3 * TIMEOUT_MS,
        };
        const options = draw(seed, [], { ...SILENT, inOrder: true }, [TIMEOUT_MS]);
        new World(seed, {
          ...options,
          serverHabits: { ...options.habits, ...habits },
          makeClient: oneSlotClient(TIMEOUT_MS),
          makeServer: session('server', TIMEOUT_MS, { maxInFlight: 16 }),
          chunkings: ['as-written'],
          awayMs: { min: 0, max: 1 },
          latencyMs: { min: 0, max: 5 },
          faultyMs: 160 * TIMEOUT_MS,
        }).run();
      },
    });
  },
  TIME_LIMIT_MS,
);
