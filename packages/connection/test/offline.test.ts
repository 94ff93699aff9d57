import { describe, expect, it } from 'vitest';
import { memoryStore, type OfflineOptions } from '../src/index.js';
import { offlineSettings } from '../src/internal/index.js';
import { Bench, stateOf } from './bench.js';
import { noUnhandledRejections } from './guard.js';
import { HeldStore } from './held-store.js';
import { ackedLines, storedClient } from './stored-client.js';
import { settle } from './virtual-clock.js';

noUnhandledRejections();

const limits = (options: OfflineOptions) => offlineSettings(options, 100);

/** A connection in an outage, whose writes are listed with their final states. */
function outage(options: OfflineOptions, maxUnsentLines = 1) {
  const bench = new Bench({ offline: limits(options), maxUnsentLines });
  return { bench, connection: bench.connection, delivered: () => deliver(bench) };
}

/** Ends the outage; the lines that come then, in order. */
async function deliver(bench: Bench): Promise<string[]> {
  bench.link();
  await settle();
  return ackedLines(bench.wire);
}

describe('lines that have never been sent, at the limit', () => {
  it("with 'wait' wait, in call order, and none is lost", async () => {
    const { connection, delivered } = outage({ maxLines: 2 });
    const writes = ['a', 'b', 'c', 'd'].map((line) => connection.write(line));
    await settle();
    expect(await delivered()).toEqual(['a', 'b', 'c', 'd']);
    await Promise.all(writes);
    expect(connection.stats.dropped).toBe(0);
  });

  it("with 'reject' reject the write of the new line, which is not counted as dropped", async () => {
    const { connection, delivered } = outage({ maxLines: 2, when: 'reject' });
    const writes = ['a', 'b', 'c'].map((line) => connection.write(line));
    await expect(writes[2]).rejects.toMatchObject({ name: 'DroppedError', code: 'ERR_OFFLINE_FULL' });
    expect(await delivered()).toEqual(['a', 'b']);
    await Promise.all(writes.slice(0, 2));
    expect(connection.stats.dropped).toBe(0);
  });

  it("with 'drop-newest' drop the new line", async () => {
    const { connection, delivered } = outage({ maxLines: 2, when: 'drop-newest' });
    const writes = ['a', 'b', 'c'].map((line) => connection.write(line));
    await expect(writes[2]).rejects.toMatchObject({ name: 'DroppedError', code: 'ERR_DROPPED' });
    expect(await delivered()).toEqual(['a', 'b']);
    expect(connection.stats.dropped).toBe(1);
  });

  it("with 'drop-oldest' drop the oldest, of whichever kind, whose write rejects", async () => {
    const { connection, delivered } = outage({ maxLines: 2, when: 'drop-oldest' });
    const writes = [
      connection.write('a', { qos: false }),
      connection.write('b', { wait: false }),
      connection.write('c'),
      connection.write('d'),
    ];
    expect(await stateOf(writes[0]!)).toBe('ERR_DROPPED');
    expect(await stateOf(writes[1]!)).toBe('ERR_DROPPED');
    expect(await delivered()).toEqual(['c', 'd']);
    await Promise.all(writes.slice(2));
    expect([connection.stats.dropped, connection.pendingWrites]).toEqual([2, 0]);
  });

  it("with 'keep-latest-per-key' a line takes the place of that with its key, at the end of the row", async () => {
    const { connection, delivered } = outage({ maxLines: 3, when: 'keep-latest-per-key' });
    const first = connection.write('t 20', { key: 't' });
    void connection.write('h 60', { key: 'h' });
    void connection.write('no key');
    void connection.write('t 21', { key: 't' });
    expect(await stateOf(first)).toBe('ERR_DROPPED');
    void connection.write('at the limit, the oldest goes');
    expect(await delivered()).toEqual(['no key', 't 21', 'at the limit, the oldest goes']);
    expect(connection.stats.dropped).toBe(2);
  });

  it('count bytes of UTF-8 too, and drop as many as the new line needs', async () => {
    const { connection, delivered } = outage({ maxBytes: 100, when: 'drop-oldest' });
    for (const line of ['ä'.repeat(25), 'b'.repeat(30), 'c'.repeat(20)]) void connection.write(line);
    void connection.write('d'.repeat(80));
    expect(await delivered()).toEqual(['c'.repeat(20), 'd'.repeat(80)]);
    expect(connection.stats.dropped).toBe(2);
  });

  it('are not bound by maxUnsentLines', async () => {
    const { bench, connection } = outage({ maxLines: 5 }, 1);
    for (let n = 0; n < 9; n++) void connection.write(`line ${n}`);
    expect([bench.pump.session.unsent(), connection.pendingWrites]).toEqual([5, 9]);
  });

  it('are none of those that were sent and are not acked: these are neither dropped nor counted', async () => {
    const bench = await Bench.up({ offline: limits({ maxLines: 1, when: 'drop-oldest' }) });
    const sent = bench.connection.write('sent');
    expect(await bench.sent()).toBe('01sent\n');
    bench.wire.ends('reset');
    const [old, latest] = [bench.connection.write('old'), bench.connection.write('new')];
    expect(await stateOf(old)).toBe('ERR_DROPPED');
    expect(await deliver(bench)).toEqual(['sent', 'new']);
    await Promise.all([sent, latest]);
  });

  it('no longer count when they are sent, acked or aborted', async () => {
    const bench = await Bench.up({ offline: limits({ maxLines: 2, when: 'reject' }) });
    const abort = new AbortController();
    void bench.connection.write('a');
    const aborted = bench.connection.write('b', { signal: abort.signal });
    await settle();
    abort.abort(new Error('enough'));
    expect(await stateOf(aborted)).toBe('enough');
    const [c, d, e] = ['c', 'd', 'e'].map((line) => bench.connection.write(line));
    expect(await stateOf(e!)).toBe('ERR_OFFLINE_FULL');
    expect(await ackedLines(bench.wire)).toEqual(['a', 'c', 'd']);
    await Promise.all([c, d]);
  });

  it('lets writes go on that wait in call order, whatever their kind', async () => {
    const { connection, delivered } = outage({ maxLines: 1 });
    const writes = [
      connection.write('a'),
      connection.write('b', { wait: false }),
      connection.write('c', { qos: false }),
      connection.write('d'),
    ];
    await settle();
    expect(await delivered()).toEqual(['a', 'b', 'c', 'd']);
    await Promise.all(writes);
  });

  it('a key must be a string, and says nothing without that policy', async () => {
    const { connection, delivered } = outage({ when: 'drop-oldest' });
    expect(await stateOf(connection.write('a', { key: 7 } as object))).toBe('ERR_BAD_OPTION');
    for (const line of ['b', 'c']) void connection.write(line, { key: 't' });
    expect(await delivered()).toEqual(['b', 'c']);
  });
});

describe('lines that have never been sent, in a store', () => {
  const STORED = { until: 'stored' } as const;

  it('are dropped there too: the next process does not send them', async () => {
    const store = memoryStore();
    const first = storedClient(store, limits({ maxLines: 2, when: 'drop-oldest' }));
    for (const line of ['a', 'b', 'c']) await first.connection.write(line, STORED);
    expect(first.connection.stats.dropped).toBe(1);
    await first.connection.close();
    const { link } = storedClient(store.reopen());
    expect(await ackedLines(await link())).toEqual(['b', 'c']);
  });

  it('of an earlier process count, and are dropped first', async () => {
    const store = memoryStore();
    const first = storedClient(store, limits({ maxLines: 3 }));
    for (const line of ['a', 'b', 'c']) await first.connection.write(line, STORED);
    await first.connection.close();
    const second = storedClient(store.reopen(), limits({ maxLines: 2, when: 'drop-oldest' }));
    await second.connection.write('d', STORED);
    expect(second.connection.stats.dropped).toBe(2);
    expect(await ackedLines(await second.link())).toEqual(['c', 'd']);
  });

  it('of an earlier process count for writes that were made while they were being loaded', async () => {
    const store = memoryStore();
    const first = storedClient(store, limits({}));
    for (const line of ['a', 'b']) await first.connection.write(line, STORED);
    await first.connection.close();
    const second = storedClient(store.reopen(), limits({ maxLines: 3, when: 'reject' }));
    const writes = ['c', 'd'].map((line) => second.connection.write(line, STORED));
    expect([await stateOf(writes[0]!), await stateOf(writes[1]!)]).toEqual(['resolved', 'ERR_OFFLINE_FULL']);
    expect(await ackedLines(await second.link())).toEqual(['a', 'b', 'c']);
  });

  it('of an earlier process have no key', async () => {
    const store = memoryStore();
    const first = storedClient(store, limits({ when: 'keep-latest-per-key' }));
    await first.connection.write('t 20', { ...STORED, key: 't' });
    await first.connection.close();
    const second = storedClient(store.reopen(), limits({ when: 'keep-latest-per-key' }));
    for (const line of ['t 21', 't 22']) await second.connection.write(line, { ...STORED, key: 't' });
    expect(await ackedLines(await second.link())).toEqual(['t 20', 't 22']);
  });

  it('that an earlier process had sent are not dropped', async () => {
    const store = memoryStore();
    const first = storedClient(store);
    await first.connection.write('sent', STORED);
    const wire = await first.link();
    expect(wire.takes()).toBe('board\n00sent\n');
    await first.connection.close();
    const second = storedClient(store.reopen(), limits({ maxLines: 1, when: 'drop-oldest' }));
    for (const line of ['old', 'new']) await second.connection.write(line, STORED);
    expect(await ackedLines(await second.link())).toEqual(['sent', 'new']);
  });

  it.each([
    ['drop-oldest', 'ERR_DROPPED'],
    ['keep-latest-per-key', 'ERR_DROPPED'],
    ['reject', 'ERR_OFFLINE_FULL'],
    ['wait', 'pending'],
  ] as const)('with %s do not pile up in memory while the store does not answer', async (when, becomes) => {
    const store = new HeldStore();
    const { connection } = storedClient(store, limits({ maxLines: 5, when }));
    void connection.write('first', { ...STORED, key: 'first' });
    await settle();
    const writes = Array.from({ length: 100 }, (_, n) =>
      connection.write(`line ${n}`, { ...STORED, key: 'k' }),
    );
    expect(await stateOf(writes[99]!)).toBe(becomes);
    store.answer();
    await settle();
    expect(store.asked[1]!.length).toBeLessThanOrEqual(20);
  });

  it('are taken in again once the store answers', async () => {
    const store = new HeldStore();
    const { connection, link } = storedClient(store, limits({ maxLines: 2, when: 'drop-oldest' }));
    const writes = ['a', 'b', 'c', 'd', 'e'].map((line) => connection.write(line, STORED));
    expect(await stateOf(writes[4]!)).toBe('ERR_DROPPED');
    store.answer();
    expect(await stateOf(writes[3]!)).toBe('resolved');
    const next = connection.write('f', STORED);
    await settle();
    store.answer();
    expect(await stateOf(next)).toBe('resolved');
    const wire = await link();
    store.answer();
    await settle();
    expect(wire.takes()).toBe('board\n00d\n');
  });

  it('can be dropped before they are stored: their write rejects', async () => {
    const store = new HeldStore();
    const { connection } = storedClient(store, limits({ maxLines: 1, when: 'drop-oldest' }));
    const writes = ['a', 'b'].map((line) => connection.write(line, STORED));
    expect(await stateOf(writes[0]!)).toBe('ERR_DROPPED');
    store.answer();
    expect(await stateOf(writes[1]!)).toBe('resolved');
  });
});

describe('the options of offline', () => {
  it('have defaults', () => {
    const defaults = {
      maxLines: 10_000,
      maxBytes: 4 * 1024 * 1024,
      when: 'wait',
      order: 'oldest-first',
      expiresInMs: Infinity,
    };
    expect(offlineSettings({}, 64 * 1024)).toEqual(defaults);
    expect(offlineSettings({}, 5 * 1024 * 1024).maxBytes).toBe(5 * 1024 * 1024);
  });

  it.each([
    [{ maxLines: 0 }, 'offline.maxLines must be a whole number of at least 1, not 0'],
    [{ maxBytes: 99 }, 'offline.maxBytes must be a whole number of at least 100, not 99'],
    [{ when: 'drop' }, /^offline.when must be one of wait, reject, .*, not drop$/],
    [{ order: 'newest' }, 'offline.order must be one of oldest-first, newest-first, not newest'],
    [{ maxLine: 1 }, 'there is no option offline.maxLine: is it offline.maxLines?'],
  ])('refuse %j', (options, message) => {
    expect(() => offlineSettings(options as OfflineOptions, 100)).toThrow(message);
  });
});
