import { expect, it, vi } from 'vitest';
import { draw, TIME_LIMIT_MS, type WorldOptions } from './draw.js';
import type { Fault } from './faults.js';
import { runWorlds } from './run-worlds.js';
import { World } from './world.js';

// What is in a report is on the wire, and a seed must give the same wire each time.
vi.mock(import('node:os'), async (original) => ({ ...(await original()), freemem: () => 100_000 }));

const LINK = ['cut', 'stall', 'slow', 'refuse', 'reboot'] as const;
const BUS = ['no-answer', 'truncate', 'stick', 'late', 'reboot'] as const;

const KINDS: Record<string, readonly Fault[]> = {
  'the link to the server fails': LINK,
  'the bus fails': [...BUS, ...BUS, 'cut'],
  'the bridge dies at any step': [...LINK, 'responder', 'responder', 'responder'],
  'the board dies at any step': [...LINK, 'board', 'board', 'board'],
  'everything fails': [...LINK, ...BUS, 'responder', 'board'],
};

it.each(Object.entries(KINDS))(
  'no line is doubled, nor lost without cause, when %s',
  (kind, faults) => runWorlds(kind, (seed) => draw(seed, { faults })),
  TIME_LIMIT_MS,
);

it(
  'no line is doubled, nor lost without cause, when all lines have the same text',
  () => runWorlds('same text', (seed) => draw(seed, { faults: [...LINK, ...BUS], identical: true })),
  TIME_LIMIT_MS,
);

it(
  'no line is doubled, nor lost without cause, with an original board',
  () =>
    runWorlds('original board', (seed) =>
      draw(seed, {
        board: 'original',
        longLinesUp: false,
        // No server that refuses, which is said to each new run of the responder's: see `LINK_FAULTS`.
        faults: ['cut', 'stall', 'slow', 'no-answer', 'truncate', 'responder'],
      }),
    ),
  TIME_LIMIT_MS,
);

it(
  'no line is doubled, nor lost without cause, with an original responder',
  () =>
    runWorlds('original responder', (seed) =>
      draw(seed, {
        responder: 'original',
        longLinesDown: false,
        faults: [...LINK, 'no-answer', 'truncate', 'stick'],
      }),
    ),
  TIME_LIMIT_MS,
);

it('replays a seed exactly', async () => {
  const options: WorldOptions = draw(7, { faults: KINDS['everything fails']! });
  const first = await new World(7, options).run();
  const second = await new World(7, options).run();
  expect(second).toEqual(first);
});
