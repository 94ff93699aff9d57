/**
 * Most lines that wait are in the store only, and the machine loses its power at any time, also while lines are read back
 * and sent: each line that was stored arrives once, and those that wait for each other in order. (Some links are cut in the
 * negotiation, and speak version 1: others overtake there.)
 */
import { describe, expect, it } from 'vitest';
import { SimulatedDisk } from '../src/testing/index.js';
import { noUnhandledRejections } from './guard.js';
import { World } from './offline-world.js';
import { settle, VirtualClock } from './virtual-clock.js';

noUnhandledRejections();

const SEEDS = 80;
const STEPS = 60;

/** A generator of whole numbers below a limit: Park and Miller's. */
function drawer(seed: number): (limit: number) => number {
  let state = seed * 7919 + 1;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

/** One history of a client that writes, and of its disk; the lines that were stored, and those that have arrived. */
async function history(seed: number): Promise<{
  readonly stored: readonly number[];
  readonly arrived: readonly number[];
  readonly ordered: ReadonlySet<number>;
  readonly readBack: number;
}> {
  const draw = drawer(seed);
  const clock = new VirtualClock();
  const disk = new SimulatedDisk({ clock, seed, syncMs: [0, 5, 50][draw(3)], lateMs: 400 });
  const window = { lines: 1 + draw(4), characters: 20 + draw(40) };
  const order = seed % 2 === 0 ? 'newest-first' : 'oldest-first';
  const world = await World.start({ offline: { order }, store: disk.open(), window, clock });
  const stored: number[] = [];
  const ordered = new Set<number>();
  let readBack = 0;
  let written = 0;
  const write = () => {
    const number = written++;
    const line = `${number} ${'x'.repeat(draw(20))}`;
    const wait = draw(3) > 0;
    if (wait) ordered.add(number);
    world.client.write(line, { until: 'stored', wait }).then(
      () => stored.push(number),
      () => undefined,
    );
  };
  for (let step = 0; step < STEPS; step++) {
    const what = draw(12);
    if (what < 4) for (let more = draw(9); more >= 0; more--) write();
    else if (what < 6) world.link();
    else if (what === 6) world.cut();
    else if (what === 7) {
      world.cut();
      await disk.crash();
      await world.startClient(disk.open());
    } else if (what === 8) disk.faults = { late: draw(2) / 2, rejected: draw(3) / 4 };
    const inStore = () => world.pump.session.shelved.lines + world.pump.session.stacked.lines;
    const before = inStore();
    await clock.advance([0, 1, 6, 20, 300][draw(5)]!);
    if (inStore() < before) readBack += 1;
  }
  disk.faults = {};
  world.cut();
  world.link();
  await clock.advance(60_000);
  await settle();
  const arrived = world.received.map((line) => Number(line.split(' ')[0]));
  return { stored, arrived, ordered, readBack };
}

describe('a machine that loses its power while most lines are in the store only', () => {
  it('delivers each line that was stored once, and those that wait in order', async () => {
    let readBack = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = await history(seed);
      const missing = run.stored.filter((number) => !run.arrived.includes(number));
      const doubled = run.arrived.length - new Set(run.arrived).size;
      const inOrder = run.arrived.filter((number) => run.ordered.has(number));
      const wrong = inOrder.filter((number, at) => at > 0 && number <= inOrder[at - 1]!);
      expect({ seed, missing, doubled, wrong }).toEqual({ seed, missing: [], doubled: 0, wrong: [] });
      readBack += run.readBack;
    }
    expect(readBack).toBeGreaterThan(SEEDS);
  }, 120_000);
});
