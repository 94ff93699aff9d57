/** Lines of which the newest goes first after an outage (`offline.order`), in memory and in a store. */
import { describe, expect, it } from 'vitest';
import { memoryStore, type OfflineOptions } from '../src/index.js';
import { noUnhandledRejections } from './guard.js';
import { World } from './offline-world.js';
import { settle } from './virtual-clock.js';

noUnhandledRejections();

const FREE = { wait: false } as const;
const STORED = { wait: false, until: 'stored' } as const;
const window = { lines: 4, characters: 1000 };

/** The names of this many lines, from this number on. */
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `line ${from + at}`);

/** A client with a store, of whose lines four are in memory. */
async function stored(offline: OfflineOptions) {
  const store = memoryStore();
  const limits = { order: 'newest-first', ...offline } as const;
  const options = { offline: limits, store, window, maxUnreadLines: 4 };
  const world = await World.start(options);
  return {
    world,
    /** One after the other, and each is stored. */
    write: async (from: number, to: number) => {
      for (const line of lines(from, to)) await world.client.write(line, STORED);
    },
    restart: async () => {
      await world.client.close();
      await world.startClient(store);
    },
    arrived: async () => {
      world.link();
      await world.clock.advance(5000);
      return world.received;
    },
  };
}

describe('the newest lines first', () => {
  it('is the order of lines that do not wait; the others keep theirs, and go before older ones that do not wait', async () => {
    const world = await World.start({ offline: { order: 'newest-first' } });
    for (const line of ['a', 'b']) void world.client.write(line, FREE);
    for (const line of ['first', 'second']) void world.client.write(line);
    for (const line of ['c', 'd']) void world.client.write(line, FREE);
    world.link();
    await world.clock.advance(1000);
    expect(world.received).toEqual(['d', 'c', 'first', 'second', 'b', 'a']);
    expect(world.client.pendingWrites).toBe(0);
  });

  it('is no order that comes by itself', async () => {
    const world = await World.start({ offline: {} });
    for (const line of ['a', 'b']) void world.client.write(line, FREE);
    world.link();
    await world.clock.advance(1000);
    expect(world.received).toEqual(['a', 'b']);
  });

  it('lets a line that is written while the backlog is sent go before it', async () => {
    const { world, write } = await stored({});
    await write(0, 200);
    world.link();
    while (world.received.length < 50) await world.clock.advance(1);
    const sent = world.received.length;
    await world.client.write('live', STORED);
    await world.clock.advance(5000);
    // The server takes a few at a time, and some had their numbers.
    expect(world.received.indexOf('live') - sent).toBeLessThan(10);
    expect(world.received.filter((line) => line !== 'live')).toEqual(lines(0, 200).reverse());
  });

  it('has few of them in memory, and is kept by the next process', async () => {
    const { world, write, restart, arrived } = await stored({});
    await write(0, 20);
    expect(world.pump.session.unsentLines().length).toBeLessThanOrEqual(4);
    await restart();
    await write(20, 25);
    expect(world.pump.session.unsentLines().length).toBeLessThanOrEqual(4);
    expect(await arrived()).toEqual(lines(0, 25).reverse());
  });

  it("drops the oldest at the limit with 'drop-oldest', also those that are in the store only", async () => {
    const { world, write, restart, arrived } = await stored({ maxLines: 10, when: 'drop-oldest' });
    await write(0, 25);
    expect(world.client.stats.dropped).toBe(15);
    await restart();
    await write(25, 30);
    expect(world.client.stats.dropped).toBe(5);
    expect(await arrived()).toEqual(lines(20, 30).reverse());
  });

  it('frees the space of lines that have expired which an earlier process has left', async () => {
    const { world, write, restart, arrived } = await stored({
      maxLines: 10,
      when: 'reject',
      expiresInMs: 1000,
    });
    await write(0, 8);
    await restart();
    await world.clock.advance(900);
    await write(8, 10);
    await expect(world.client.write('too many', STORED)).rejects.toMatchObject({ code: 'ERR_OFFLINE_FULL' });
    await world.clock.advance(100);
    await settle();
    expect(world.client.stats.expired).toBe(8);
    await write(10, 12);
    expect(await arrived()).toEqual(lines(8, 12).reverse());
  });

  it('settles the write of a line that has left memory when it is dropped, aborted or sent', async () => {
    const { world, arrived } = await stored({ maxLines: 8, when: 'drop-oldest' });
    const abort = new AbortController();
    const writes: Promise<string>[] = [];
    for (const [number, line] of lines(0, 9).entries()) {
      const signal = number === 1 ? { signal: abort.signal } : {};
      writes.push(
        world.client.write(line, { ...FREE, ...signal }).then(
          () => 'sent',
          (error: unknown) => (error as { code?: string }).code ?? (error as Error).message,
        ),
      );
      await settle();
    }
    abort.abort(new Error('aborted'));
    expect(await arrived()).toEqual(lines(2, 9).reverse());
    expect(await Promise.all(writes)).toEqual(['ERR_DROPPED', 'aborted', ...lines(2, 9).map(() => 'sent')]);
  });
});
