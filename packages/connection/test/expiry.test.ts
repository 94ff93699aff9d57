import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines } from '../src/deadlines.js';
import { memoryStore, type OfflineOptions } from '../src/index.js';
import { offlineSettings } from '../src/internal/index.js';
import { Bench, stateOf } from './bench.js';
import { noUnhandledRejections } from './guard.js';
import { ackedLines, storedClient } from './stored-client.js';
import { settle, VirtualClock } from './virtual-clock.js';

noUnhandledRejections();

const limits = (options: OfflineOptions) => offlineSettings(options, 100);

/** Ends the outage; the lines that come then, in order. */
async function deliver(bench: Bench): Promise<string[]> {
  bench.link();
  await settle();
  return ackedLines(bench.wire);
}

describe('a line that expires', () => {
  it('is withdrawn when it has not been sent by then, and its write rejects', async () => {
    const bench = new Bench();
    const [write, stays] = [bench.connection.write('a', { expiresInMs: 500 }), bench.connection.write('b')];
    await bench.clock.advance(499);
    expect(await stateOf(write)).toBe('pending');
    await bench.clock.advance(1);
    await expect(write).rejects.toMatchObject({ name: 'DroppedError', code: 'ERR_EXPIRED' });
    expect(bench.connection.stats).toMatchObject({ dropped: 0, expired: 1 });
    expect(await deliver(bench)).toEqual(['b']);
    await stays;
  });

  it('is sent until it is acked when it was sent in time', async () => {
    const bench = await Bench.up();
    const write = bench.connection.write('a', { expiresInMs: 500 });
    expect(await bench.sent()).toBe('01a\n');
    bench.wire.ends('reset');
    await bench.clock.advance(60_000);
    expect(await stateOf(write)).toBe('pending');
    expect(await deliver(bench)).toEqual(['a']);
    await write;
    expect(bench.connection.stats.expired).toBe(0);
  });

  it('expires too while it waits for a place, and makes way for those after it', async () => {
    const bench = new Bench({ maxUnsentLines: 1 });
    const writes = [
      bench.connection.write('a', { expiresInMs: 900 }),
      bench.connection.write('b', { expiresInMs: 500 }),
      bench.connection.write('c', { qos: false, expiresInMs: 500 }),
      bench.connection.write('d'),
    ];
    await bench.clock.advance(500);
    expect(await Promise.all(writes.map(stateOf))).toEqual([
      'pending',
      'ERR_EXPIRED',
      'ERR_EXPIRED',
      'pending',
    ]);
    await bench.clock.advance(400);
    expect([await stateOf(writes[0]!), bench.pump.session.unsent()]).toEqual(['ERR_EXPIRED', 1]);
    expect(await deliver(bench)).toEqual(['d']);
  });

  it('has the time of the client, unless its write has another', async () => {
    const bench = new Bench({ offline: limits({ expiresInMs: 1000 }) });
    const writes = [bench.connection.write('a'), bench.connection.write('b', { expiresInMs: 3000 })];
    await bench.clock.advance(1000);
    expect(await Promise.all(writes.map(stateOf))).toEqual(['ERR_EXPIRED', 'pending']);
    expect(await deliver(bench)).toEqual(['b']);
  });

  it('no longer counts in the limits', async () => {
    const bench = new Bench({ offline: limits({ maxLines: 1, when: 'reject', expiresInMs: 1000 }) });
    const first = bench.connection.write('a');
    await bench.clock.advance(1000);
    expect(await stateOf(first)).toBe('ERR_EXPIRED');
    void bench.connection.write('b');
    expect(await deliver(bench)).toEqual(['b']);
  });

  it('leaves no timer when its connection is closed', async () => {
    const bench = new Bench();
    const write = bench.connection.write('a', { expiresInMs: 500 });
    await bench.connection.close();
    expect([await stateOf(write), bench.clock.armed]).toEqual(['ERR_CLOSED', 0]);
  });

  it('is withdrawn from the store, also after its write has resolved', async () => {
    const store = memoryStore();
    const first = storedClient(store);
    await first.connection.write('a', { until: 'stored', expiresInMs: 500 });
    await first.connection.write('b', { until: 'stored' });
    await first.clock.advance(500);
    expect(first.connection.stats.expired).toBe(1);
    await first.connection.close();
    const { link } = storedClient(store.reopen());
    expect(await ackedLines(await link())).toEqual(['b']);
  });

  it('of an earlier process expires when the time of the client has passed once more', async () => {
    const store = memoryStore();
    const offline = limits({ expiresInMs: 1000 });
    const first = storedClient(store, offline);
    await first.connection.write('a', { until: 'stored', expiresInMs: 10 });
    await first.connection.close();
    const second = storedClient(store.reopen(), offline);
    await second.loading;
    await second.clock.advance(999);
    expect(second.connection.stats.expired).toBe(0);
    await second.clock.advance(1);
    expect(second.connection.stats.expired).toBe(1);
    expect(await ackedLines(await second.link())).toEqual([]);
  });

  it.each([0, 1.5, 2 ** 31, '10', null])('does not expire in %j ms', async (expiresInMs) => {
    const write = new Bench().connection.write('a', { expiresInMs } as object);
    expect(await stateOf(write)).toBe('ERR_BAD_OPTION');
    expect(() => limits({ expiresInMs } as object)).toThrow('offline.expiresInMs must be a whole number');
  });
});

describe('deadlines', () => {
  it('have one timer for all, which is moved only when it would be too late', async () => {
    const clock = new VirtualClock();
    const due: number[] = [];
    const deadlines = new Deadlines<{ expiresInMs: number; expiresAt: number }>(clock, ({ expiresAt }) =>
      due.push(expiresAt),
    );
    for (const expiresInMs of [500, 700, 500, 300]) deadlines.add({ expiresInMs, expiresAt: expiresInMs });
    expect([clock.armed, clock.asked.timers]).toEqual([1, 2]);
    await clock.advance(1000);
    expect([due, clock.armed]).toEqual([[300, 500, 500, 700], 0]);
  });

  it('call each item when it is due, whatever comes and goes in between', async () => {
    const step = fc.record({
      passMs: fc.nat(40),
      expiresInMs: fc.integer({ min: 1, max: 60 }),
      gone: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const clock = new VirtualClock();
        const due: number[] = [];
        const items: { expiresInMs: number; expiresAt: number }[] = [];
        const deadlines = new Deadlines<(typeof items)[number]>(clock, ({ expiresAt }) => {
          expect(clock.now()).toBe(expiresAt);
          due.push(expiresAt);
        });
        for (const { passMs, expiresInMs, gone } of steps) {
          await clock.advance(passMs);
          const item = { expiresInMs, expiresAt: clock.now() + expiresInMs };
          deadlines.add(item);
          items.push(item);
          if (gone % 4 !== 0) continue;
          const [left] = items.splice(gone % items.length, 1);
          if (left!.expiresAt <= clock.now()) items.push(left!);
          else deadlines.delete(left!);
        }
        await clock.advance(100);
        expect(due).toEqual(items.map(({ expiresAt }) => expiresAt).sort((a, b) => a - b));
        expect(clock.armed).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
