/** A sensor with a line a second through an outage of a day, in virtual time: what it holds, and what arrives afterwards. */
import { describe, expect, it } from 'vitest';
import { memoryStore, type OfflineOptions, type WriteOptions } from '../src/index.js';
import { offlineSettings, windowOf } from '../src/internal/index.js';
import { noUnhandledRejections } from './guard.js';
import { World } from './offline-world.js';

noUnhandledRejections();

const DAY = 86_400;
const NOON = DAY / 2;
/** Writes that a program with a store has under way, at most. */
const PENDING = 60;
const MAX_LINES = 3600;
const MAX_BYTES = 100_000;
const KEYS = 700;

const lineOf = (second: number) => `${second} ${'x'.repeat(second % 50)}`;
const keyOf = (second: number) => `key ${second % KEYS}`;

/** The seconds before the outage. */
const before = Array.from({ length: 10 }, (_, second) => second);

/** What the limits let through, over a plain list of seconds. With a store another process begins at noon. */
function expected(when: OfflineOptions['when'], stored = false): number[] {
  const held: number[] = [];
  const bytes = (seconds: number[]) => seconds.reduce((sum, second) => sum + lineOf(second).length, 0);
  let used = 0;
  for (let second = before.length; second < DAY; second++) {
    const drop = (index: number) => (used -= bytes(held.splice(index, 1)));
    // The keys of the lines of an earlier process are not known any more.
    const named = stored && second >= NOON ? NOON : 0;
    const isSame = (it: number) => it >= named && it % KEYS === second % KEYS;
    const same = when === 'keep-latest-per-key' ? held.findIndex(isSame) : -1;
    if (same >= 0) drop(same);
    const full = () => held.length >= MAX_LINES || used + lineOf(second).length > MAX_BYTES;
    while (full() && (when === 'drop-oldest' || when === 'keep-latest-per-key')) drop(0);
    if (full() && when === 'wait') {
      if (!stored) return [...held, second];
      if (second >= NOON) return [...held, ...Array.from({ length: PENDING }, (_, at) => second + at)];
      // What waits at noon ends with its process.
      second = Math.max(second, NOON - 1);
    }
    if (full()) continue;
    held.push(second);
    used += bytes([second]);
  }
  return held;
}

/** Ten seconds with a link, a day without it, and again some with it; the seconds whose lines have arrived. */
async function aDay(world: World, options: WriteOptions, atNoon?: () => Promise<void>): Promise<number[]> {
  let most = 0;
  const write = (second: number) => {
    // Where a write waits, the program waits for it.
    const { session } = world.pump;
    const underWay = options.until === 'stored' ? PENDING - 1 : session.unsent() + session.unacked;
    if (world.client.pendingWrites > underWay) return;
    world.client.write(lineOf(second), { ...options, key: keyOf(second) }).catch(() => undefined);
    most = Math.max(most, world.held);
  };
  world.link();
  for (const second of before) {
    await world.clock.advance(1000);
    write(second);
  }
  await world.clock.advance(1000);
  world.cut();
  await world.seconds(before.length, NOON, write);
  await atNoon?.();
  await world.seconds(NOON, DAY, write);
  expect(most).toBeLessThanOrEqual(MAX_LINES + PENDING);
  world.link();
  while (world.held > 0 || world.pump.session.unacked > 0) await world.clock.advance(1000);
  return world.received.map((line) => Number(line.split(' ')[0]));
}

const POLICIES = ['wait', 'reject', 'drop-newest', 'drop-oldest', 'keep-latest-per-key'] as const;
const limits = { maxLines: MAX_LINES, maxBytes: MAX_BYTES };

describe('an outage of a day with a line a second', () => {
  it.each(POLICIES)(
    'with %s holds no more than the limits, and delivers in order what they let through',
    async (when) => {
      const world = await World.start({ offline: { ...limits, when } });
      const arrived = await aDay(world, {});
      const held = expected(when);
      expect(held.length).toBeGreaterThanOrEqual(KEYS);
      expect(arrived).toEqual([...before, ...held]);
      const dropped = when === 'wait' || when === 'reject' ? 0 : DAY - before.length - held.length;
      expect(world.client.stats).toMatchObject({ dropped, expired: 0 });
    },
    120_000,
  );

  it('with lines that expire after half an hour, delivers those of the last one', async () => {
    const world = await World.start({ offline: { maxLines: DAY, expiresInMs: 1_800_000, when: 'reject' } });
    const arrived = await aDay(world, {});
    const held = Array.from({ length: 1800 }, (_, index) => DAY - 1799 + index).filter((it) => it < DAY);
    expect(arrived).toEqual([...before, ...held]);
    expect(world.client.stats).toMatchObject({ dropped: 0, expired: DAY - before.length - held.length });
  }, 120_000);

  it.each(POLICIES)(
    'with %s and a store has a window of it in memory, also in another process from noon on',
    async (when) => {
      const store = memoryStore();
      const offline = { ...limits, when };
      const window = windowOf(offlineSettings(offline, 1000));
      const world = await World.start({ offline, store, window });
      let most = 0;
      const look = () => (most = Math.max(most, world.pump.session.unsentLines().length));
      const arrived = await aDay(world, { until: 'stored' }, async () => {
        look();
        await world.client.close();
        await world.startClient(store);
        look();
      });
      expect(arrived).toEqual([...before, ...expected(when, true)]);
      if (window !== undefined) expect(most).toBeLessThanOrEqual(window.lines);
      const stored = await store.load('board');
      expect(stored?.entries.length).toBeLessThan(256 + 5 * MAX_LINES);
    },
    120_000,
  );

  it.each(['drop-newest', 'drop-oldest'] as const)(
    'with %s, a store and the newest lines first delivers what the limits let through, from its end',
    async (when) => {
      const store = memoryStore();
      const offline = { ...limits, when, order: 'newest-first' } as const;
      const window = windowOf(offlineSettings(offline, 1000));
      const world = await World.start({ offline, store, window });
      const arrived = await aDay(world, { until: 'stored', wait: false }, async () => {
        expect(world.pump.session.unsentLines().length).toBeLessThanOrEqual(window!.lines);
        await world.client.close();
        await world.startClient(store);
      });
      expect(arrived).toEqual([...before, ...expected(when, true).reverse()]);
    },
    120_000,
  );
});
