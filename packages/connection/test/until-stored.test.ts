import { describe, expect, it } from 'vitest';
import { memoryStore } from '../src/index.js';
import { Bench, stateOf } from './bench.js';
import { noUnhandledRejections } from './guard.js';
import { HeldStore } from './held-store.js';
import { storedClient } from './stored-client.js';
import { settle } from './virtual-clock.js';

noUnhandledRejections();

const UNTIL_STORED = { until: 'stored' } as const;

describe('a write until the line is stored', () => {
  it('resolves in an outage, once the append has succeeded and not before', async () => {
    const store = new HeldStore();
    const { connection } = storedClient(store);
    const write = connection.write('21.5', UNTIL_STORED);
    expect([await stateOf(write), connection.pendingWrites, store.waiting]).toEqual(['pending', 1, 1]);
    store.answer();
    expect([await stateOf(write), connection.pendingWrites]).toEqual(['resolved', 0]);
    expect(store.asked).toEqual([['owner', 'out', 'checkpoint']]);
  });

  it('made while the session is being loaded, waits for that too', async () => {
    const { connection } = storedClient(memoryStore());
    const write = connection.write('21.5', UNTIL_STORED);
    expect(await stateOf(write)).toBe('resolved');
  });

  it('is sent once after that, and its ack changes nothing more', async () => {
    const { connection, link } = storedClient(memoryStore());
    await connection.write('21.5', UNTIL_STORED);
    const wire = await link();
    expect(wire.takes()).toBe('board\n0021.5\n');
    wire.says('00\n');
    await settle();
    const next = connection.write('22');
    await settle();
    expect(wire.takes()).toBe('0122\n');
    wire.says('01\n');
    expect(await stateOf(next)).toBe('resolved');
  });

  it('is sent by the next process when its own has ended', async () => {
    const store = memoryStore();
    const first = storedClient(store);
    await first.connection.write('21.5', UNTIL_STORED);
    await first.connection.close();
    const { link } = storedClient(store.reopen());
    expect((await link()).takes()).toBe('board\n0021.5\n');
  });

  it('is resolved by its own append, not by an earlier one', async () => {
    const store = new HeldStore();
    const { connection } = storedClient(store);
    const first = connection.write('a', UNTIL_STORED);
    await settle();
    const second = connection.write('b', { ...UNTIL_STORED, wait: false });
    await settle();
    store.answer();
    expect([await stateOf(first), await stateOf(second)]).toEqual(['resolved', 'pending']);
    store.answer();
    expect(await stateOf(second)).toBe('resolved');
  });

  it('leaves a write until the ack pending, and a drain waits for that one alone', async () => {
    const { connection, link } = storedClient(memoryStore());
    const stored = connection.write('a', UNTIL_STORED);
    const acked = connection.write('b', { until: 'acked' });
    await stored;
    const drained = connection.drain();
    expect([await stateOf(acked), await stateOf(drained), connection.pendingWrites]).toEqual([
      'pending',
      'pending',
      1,
    ]);
    const wire = await link();
    wire.says('00\n');
    await settle();
    wire.says('01\n');
    expect([await stateOf(acked), await stateOf(drained)]).toEqual(['resolved', 'resolved']);
  });

  it('can be aborted before it is stored: the line is not sent', async () => {
    const store = new HeldStore();
    const { connection, link } = storedClient(store);
    const abort = new AbortController();
    const write = connection.write('a', { ...UNTIL_STORED, signal: abort.signal });
    await settle();
    abort.abort(new Error('enough'));
    expect(await stateOf(write)).toBe('enough');
    while (store.waiting > 0) {
      store.answer();
      await settle();
    }
    expect((await link()).takes()).toBe('board\n');
  });

  it('cannot be taken back once it has resolved: a later abort changes nothing', async () => {
    const { connection, link } = storedClient(memoryStore());
    const abort = new AbortController();
    await connection.write('a', { ...UNTIL_STORED, signal: abort.signal });
    abort.abort();
    expect((await link()).takes()).toBe('board\n00a\n');
  });

  it('rejects when the connection is closed before it is stored', async () => {
    const store = new HeldStore();
    const { connection } = storedClient(store);
    const write = connection.write('a', UNTIL_STORED);
    await settle();
    void connection.close();
    expect(await stateOf(write)).toBe('ERR_CLOSED');
    store.answer();
    await connection.closed;
  });

  it('waits as long as the store fails', async () => {
    const store = new HeldStore();
    const { clock, connection } = storedClient(store);
    const write = connection.write('a', UNTIL_STORED);
    await settle();
    store.answer('fails');
    await clock.advance(100);
    expect(await stateOf(write)).toBe('pending');
    store.answer();
    expect(await stateOf(write)).toBe('resolved');
  });

  it.each([
    ['without a store', new Bench().connection, UNTIL_STORED, /needs a store/],
    ['without qos', storedClient(memoryStore()).connection, { ...UNTIL_STORED, qos: false }, /needs qos/],
    [
      'and not another word',
      storedClient(memoryStore()).connection,
      { until: 'sent' },
      /until must be one of acked, stored, not sent/,
    ],
  ])('is a mistake of the caller %s', async (_what, connection, options, message) => {
    const write = connection.write('a', options as object);
    await expect(write).rejects.toMatchObject({ name: 'UsageError', code: 'ERR_BAD_OPTION' });
    await expect(write).rejects.toThrow(message);
    expect(connection.pendingWrites).toBe(0);
  });
});
