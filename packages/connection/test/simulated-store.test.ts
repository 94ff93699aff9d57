import { describe, expect, it } from 'vitest';
import type { Entry, SessionStore } from '../src/index.js';
import { SimulatedDisk, type SimulatedDiskOptions } from '../src/testing/index.js';
import { settle, VirtualClock } from './virtual-clock.js';

const line = (text: string): Entry => ({ kind: 'in', version: 2, epoch: 'ff', number: 1, line: text, at: 0 });

function simulated(options: Partial<SimulatedDiskOptions> = {}): {
  clock: VirtualClock;
  disk: SimulatedDisk;
} {
  const clock = new VirtualClock();
  return { clock, disk: new SimulatedDisk({ clock, seed: 1, ...options }) };
}

/** Appends lines one after the other until the disk crashes at this time; those whose append resolved with ok. */
async function appendUntilCrash(
  disk: SimulatedDisk,
  clock: VirtualClock,
  crashAt: number,
): Promise<string[]> {
  const kept: string[] = [];
  for (const id of ['1', '2', '3']) void appendOn(disk.open(), id, kept);
  await clock.advance(crashAt);
  await disk.crash();
  await clock.advance(10_000);
  return kept;
}

async function appendOn(store: SessionStore, id: string, kept: string[]): Promise<void> {
  for (let last = 0; ; last += 1) {
    if ((await store.append(id, last, [line(`${id}.${last}`)])) === 'ok') kept.push(`${id}.${last}`);
  }
}

async function linesOf(disk: SimulatedDisk): Promise<string[]> {
  const store = disk.open();
  const found: string[] = [];
  for (const id of ['1', '2', '3']) {
    const { entries = [] } = (await store.load(id)) ?? {};
    for (const [sequence, entry] of entries) {
      if (entry.kind === 'in') found.push(entry.line ?? '');
      expect(entry).toEqual(line(`${id}.${sequence - 1}`));
    }
  }
  return found;
}

describe('a simulated disk', () => {
  it('answers by the clock, and no sooner than the append is synced', async () => {
    const { clock, disk } = simulated({ syncMs: 100 });
    let answered = false;
    void disk
      .open()
      .append('1', 0, [line('a')])
      .then(() => (answered = true));
    await settle();
    expect(answered).toBe(false);
    await clock.advance(100);
    expect(answered).toBe(true);
  });

  it('keeps in a crash what has resolved, and loses something else in some', async () => {
    let lost = 0;
    for (let seed = 1; seed <= 200; seed += 1) {
      const { clock, disk } = simulated({ seed, syncMs: 50 });
      const kept = await appendUntilCrash(disk, clock, 200 + seed);
      const found = await linesOf(disk);
      expect(found).toEqual(expect.arrayContaining(kept));
      if (found.length < kept.length + 3) lost += 1;
    }
    expect(lost).toBeGreaterThan(50);
    expect(lost).toBeLessThan(200);
  });

  it('gives the same history for the same seed, and others for others', async () => {
    const history = async (seed: number) => {
      const { clock, disk } = simulated({ seed, syncMs: 50 });
      return [await appendUntilCrash(disk, clock, 300), await linesOf(disk)];
    };
    expect(await history(7)).toEqual(await history(7));
    expect(await history(7)).not.toEqual(await history(8));
  });

  it('answers late, after more than the time of a sync', async () => {
    const { clock, disk } = simulated({ syncMs: 10, lateMs: 1000, faults: { late: 1 } });
    const times: number[] = [];
    for (const id of ['1', '2', '3', '4']) {
      void disk
        .open()
        .append(id, 0, [line('a')])
        .then(() => times.push(clock.now()));
    }
    await clock.advance(1000);
    expect(times).toHaveLength(4);
    expect(Math.max(...times)).toBeGreaterThan(10);
  });

  it('lets another owner append first', async () => {
    const { clock, disk } = simulated({ faults: { fenced: 1 } });
    const store = disk.open();
    const answer = store.append('1', 0, [line('a')]);
    await clock.advance(1);
    expect(await answer).toBe('fenced');
    expect(await store.load('1')).toMatchObject({
      last: 1,
      entries: [[1, { kind: 'owner', node: 'another' }]],
    });
  });

  it('rejects appends of which some have happened', async () => {
    const { clock, disk } = simulated({ faults: { rejected: 1 } });
    const store = disk.open();
    const ids = Array.from({ length: 40 }, (_, at) => `${at}`);
    const answers = Promise.allSettled(ids.map((id) => store.append(id, 0, [line(id)])));
    await clock.advance(1);
    for (const { status } of await answers) expect(status).toBe('rejected');
    const there = await Promise.all(ids.map((id) => store.load(id)));
    const happened = there.filter((stored) => stored !== undefined).length;
    expect(happened).toBeGreaterThan(5);
    expect(happened).toBeLessThan(35);
  });

  it('heals when its faults are taken away', async () => {
    const { clock, disk } = simulated({ faults: { rejected: 1 } });
    disk.faults = {};
    const answer = disk.open().append('1', 0, [line('a')]);
    await clock.advance(1);
    expect(await answer).toBe('ok');
  });
});
