import { runSeeds } from '@iot/simulation';
import { describe, expect, it } from 'vitest';
import { kindly, TIME_LIMIT_MS, rebootingBoard, seeds } from './draw.js';
import { PROTOCOLS } from './makers.js';
import type { Hello } from './network.js';
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
    TIME_LIMIT_MS,
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
    TIME_LIMIT_MS,
  );
});

it.each(['client', 'server'] as const)(
  'keeps the promise when each run of the %s is an original or speaks up to version 1 or 2, and of the other end one of these',
  (which) => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        new World(seed, kindly(seed, which, 'replaced')).run();
      },
    });
  },
  TIME_LIMIT_MS,
);

it(
  'offers version 2 to an original server that has carried messages on each tenth link only, and with nothing unacked',
  () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const { timeoutMs, ...options } = kindly(seed, 'server', 2);
        const often = { faultPauseMs: timeoutMs / 2, faultyMs: 60 * timeoutMs, awayMs: { min: 0, max: 1 } };
        const faults = ['reset', 'cut', 'kill-server'] as const;
        const { hellos } = new World(seed, { ...options, timeoutMs, ...often, faults }).run();
        const offering = hellos.filter(({ offers }) => offers);
        for (const [i, { link, client }] of offering.entries()) {
          if (!hasCarried(client)) continue;
          expect(client?.unacked).toBe(0);
          expect(link).toBeGreaterThanOrEqual((offering[i - 1]?.link ?? 0) + 10);
        }
      },
    });
  },
  TIME_LIMIT_MS,
);

function hasCarried(client: Hello['client']): boolean {
  return client !== undefined && client.sent + client.received > 0;
}

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
  TIME_LIMIT_MS,
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
  TIME_LIMIT_MS,
);
