import { describe, expect, it } from 'vitest';
import { Connection, memoryStore, type SessionStore } from '../src/index.js';
import { LoadedSession, LoadingEngine, storedPump } from '../src/internal/index.js';
import { stateOf } from './bench.js';
import { noUnhandledRejections } from './guard.js';
import { HeldStore } from './held-store.js';
import { settle, VirtualClock } from './virtual-clock.js';
import { Wire } from './wire.js';

noUnhandledRejections();

/** One process at a server's end, whose session is stored, with a link that is up. */
async function process(
  store: SessionStore,
  options: { ackWhen?: 'received' | 'done'; clock?: VirtualClock; said?: string[] } = {},
) {
  const { clock = new VirtualClock(), said = [], ackWhen = 'received' } = options;
  const note = (_fields: object, message: string) => void said.push(message);
  const logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };
  const loaded = await LoadedSession.load({ store, id: 'board', logger, closeTimeoutMs: 5000 });
  const pump = storedPump({ role: 'server', timeout: 1000, ackWhen }, loaded, clock);
  const connection = new Connection(pump, { id: 'board', maxUnsentLines: 1024 });
  const wire = new Wire();
  pump.attach(wire);
  wire.says('\n');
  await settle();
  wire.takes();
  return { clock, connection, wire, pump };
}

describe('a session that is stored', () => {
  it('acks a line, and hands it over, once it is stored, and sends keepalives meanwhile', async () => {
    const store = new HeldStore();
    const { clock, connection, wire } = await process(store);
    wire.says('00hi\n');
    const line = connection.readline();
    await clock.advance(600, () => {
      wire.says('\n');
    });
    expect(wire.writes.splice(0)).toEqual(['\n', '\n']);
    expect(await stateOf(line)).toBe('pending');
    store.answer();
    expect(await line).toBe('hi');
    expect(wire.takes()).toBe('00\n');
  });

  it('sends a line once its number is stored', async () => {
    const store = new HeldStore();
    const { connection, wire } = await process(store);
    void connection.write('hi').catch(() => undefined);
    await settle();
    expect(wire.takes()).toBe('');
    store.answer();
    await settle();
    expect(wire.takes()).toBe('00hi\n');
  });

  it('has one append in flight, and all that gathers meanwhile in the next one', async () => {
    const store = new HeldStore();
    const { wire } = await process(store);
    wire.says('00a\n');
    await settle();
    wire.says('01b\n');
    wire.says('02c\n');
    await settle();
    expect(store.asked).toEqual([['owner', 'in', 'checkpoint']]);
    store.answer();
    await settle();
    expect(store.asked.slice(1)).toEqual([['in', 'in']]);
    expect(store.waiting).toBe(1);
  });

  it('stores within a second what nothing waits for', async () => {
    const store = new HeldStore();
    const { clock, connection, wire } = await process(store);
    wire.says('00a\n');
    await settle();
    store.answer();
    expect(await connection.readline()).toBe('a');
    await clock.advance(999);
    expect(store.asked).toHaveLength(1);
    await clock.advance(1);
    expect(store.asked.slice(1)).toEqual([['done']]);
  });

  it('trims what is before a checkpoint', async () => {
    const store = new HeldStore();
    const { wire } = await process(store);
    wire.says('00a\n');
    await settle();
    store.answer();
    await settle();
    expect(store.trimmed).toEqual([3]);
  });

  it('stores at the close what there is', async () => {
    const store = new HeldStore();
    const { connection, wire } = await process(store);
    wire.says('00a\n');
    await settle();
    store.answer();
    await connection.readline();
    const closed = connection.close();
    expect(await stateOf(closed)).toBe('pending');
    expect(store.asked.slice(1)).toEqual([['done']]);
    store.answer();
    await closed;
  });

  it('has one append in flight at the close too, however long that takes', async () => {
    const store = new HeldStore();
    const { clock, connection, wire } = await process(store);
    wire.says('00a\n');
    await settle();
    store.answer();
    await connection.readline();
    await settle();
    const closed = connection.close();
    await clock.advance(5000);
    expect([store.waiting, store.asked.slice(1)]).toEqual([1, [['done']]]);
    store.answer();
    await closed;
  });

  it('does not close before an append that is in flight has been answered', async () => {
    const store = new HeldStore();
    const { connection, wire } = await process(store);
    wire.says('00a\n');
    await settle();
    const closed = connection.close();
    expect(await stateOf(closed)).toBe('pending');
    store.answer();
    await closed;
    expect((await store.load('board'))?.entries.at(-1)?.[1]).toMatchObject({ kind: 'checkpoint' });
  });

  it('goes on in the next process: what was not done comes again and says so', async () => {
    const store = memoryStore();
    const first = await process(store);
    first.wire.says('00a\n01b\n02c\n');
    await settle();
    expect(await first.connection.readline()).toBe('a');
    await first.connection.close();
    const second = await process(store.reopen());
    second.wire.says('02c\n03d\n');
    const messages = second.connection.messages()[Symbol.asyncIterator]();
    const got = [];
    for (let i = 0; i < 3; i++) {
      const { value } = await messages.next();
      got.push([value?.text, value?.redelivered]);
    }
    expect(got).toEqual([
      ['b', true],
      ['c', true],
      ['d', false],
    ]);
  });

  it('acks a message that is to be done once that is stored', async () => {
    const store = new HeldStore();
    const { connection, wire } = await process(store, { ackWhen: 'done' });
    const messages = connection.messages()[Symbol.asyncIterator]();
    wire.says('00a\n');
    await settle();
    store.answer();
    const { value } = await messages.next();
    await settle();
    expect(wire.takes()).toBe('');
    value?.done();
    value?.done();
    await settle();
    expect(wire.takes()).toBe('');
    expect(store.asked.slice(1)).toEqual([['done']]);
    store.answer();
    await settle();
    expect(wire.takes()).toBe('00\n');
  });
});

describe('an append that fails', () => {
  it('is done again when it did not happen; nothing is acked before', async () => {
    const store = new HeldStore();
    const said: string[] = [];
    const { clock, wire } = await process(store, { said });
    wire.says('00a\n');
    await settle();
    for (let i = 0; i < 3; i++) {
      store.answer('fails');
      await settle();
      wire.says('\n');
      await clock.advance(400, () => {
        wire.says('\n');
      });
      expect(store.waiting).toBe(1);
      expect(wire.takes()).toBe('');
    }
    store.answer();
    await settle();
    expect(wire.takes()).toBe('00\n');
    expect((await store.load('board'))?.last).toBe(3);
    expect(said).toEqual(['the store has failed: acks and lines wait until it works again']);
  });

  it('is not done again when it happened', async () => {
    const store = new HeldStore();
    const { wire } = await process(store);
    wire.says('00a\n');
    await settle();
    store.answer('happens, and fails');
    await settle();
    expect(store.waiting).toBe(0);
    expect(wire.takes()).toBe('00\n');
    expect((await store.load('board'))?.last).toBe(3);
  });

  it('is not taken for the append of another process when it happens late', async () => {
    const store = new HeldStore();
    const { clock, connection, wire } = await process(store);
    wire.says('00a\n');
    await settle();
    store.answer('happens late, and fails');
    await clock.advance(100);
    expect(store.waiting).toBe(1);
    await store.late[0]?.();
    store.answer();
    await settle();
    expect(wire.takes()).toBe('00\n');
    expect([await stateOf(connection.closed), (await store.load('board'))?.last]).toEqual(['pending', 3]);
  });

  it('is not taken for stored when another process was faster', async () => {
    const store = new HeldStore();
    const { connection, wire } = await process(store);
    wire.says('00a\n');
    await settle();
    await store.intrude('board');
    store.answer('fails');
    await expect(connection.closed).resolves.toMatchObject({ code: 'ERR_STORE_FENCED' });
    expect(wire.takes()).toBe('');
  });

  it('does not keep the close waiting, and nothing is appended after it', async () => {
    const store = new HeldStore();
    const said: string[] = [];
    const { clock, connection, wire } = await process(store, { said });
    wire.says('00a\n');
    await settle();
    wire.says('01b\n');
    store.answer('fails');
    await settle();
    await connection.close();
    await expect(connection.closed).resolves.toBeUndefined();
    expect([store.waiting, wire.takes(), clock.armed]).toEqual([0, '', 0]);
    expect(said).toHaveLength(1);
    expect(await store.load('board')).toBeUndefined();
  });

  it('ends a session whose store has lost what was stored', async () => {
    const store = new HeldStore();
    const { connection, wire } = await process(store);
    for (const line of ['00a\n', '01b\n', '02c\n']) {
      if (line === '01b\n') {
        store.answer();
        await settle();
        wire.takes();
      }
      wire.says(line);
      await settle();
    }
    store.goesBack();
    await store.intrude('another');
    store.answer('fails');
    await expect(connection.closed).resolves.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    expect(wire.takes()).toBe('');
  });

  it('waits for a store that cannot be read either', async () => {
    const store = new HeldStore();
    const { clock, wire } = await process(store);
    wire.says('00a\n');
    await settle();
    store.loadFails = new Error('broken');
    store.answer('happens, and fails');
    await clock.advance(200);
    expect([store.waiting, wire.takes()]).toEqual([1, '']);
    store.loadFails = undefined;
    store.answer('fails');
    await settle();
    expect(wire.takes()).toBe('00\n');
  });
});

describe('a session that another process has taken over', () => {
  it('acks, sends and hands over nothing more, and is closed with the reason', async () => {
    const store = new HeldStore();
    const said: string[] = [];
    const { connection, wire } = await process(store, { said });
    const line = connection.readline();
    wire.says('00a\n');
    const write = connection.write('b');
    await settle();
    await store.intrude('board');
    store.answer();
    await expect(connection.closed).resolves.toMatchObject({ code: 'ERR_STORE_FENCED' });
    expect(await stateOf(line)).toBe('ERR_CLOSED');
    expect(await stateOf(write)).toBe('ERR_CLOSED');
    expect([wire.takes(), wire.left]).toEqual(['', 'destroyed']);
    expect(said).toEqual([
      'another process has taken over the session of "board": one process at a time may have it',
    ]);
  });
});

describe('a store that is slow', () => {
  const SLOW = 'the store is slow: acks wait for it, and the timeout is 1000 ms';

  it('is reported once', async () => {
    const store = new HeldStore();
    const said: string[] = [];
    const { clock, wire } = await process(store, { said });
    for (const line of ['00a\n', '01b\n']) {
      wire.says(line);
      await clock.advance(500, () => {
        wire.says('\n');
      });
      expect(said).toEqual([SLOW]);
      store.answer();
      await settle();
    }
    expect(said).toEqual([SLOW]);
  });

  it('is not one that has many appends to do', async () => {
    const store = new HeldStore();
    const said: string[] = [];
    const { clock, connection, wire } = await process(store, { said });
    wire.says('00a\n');
    for (let id = 1; id < 20; id++) {
      await clock.advance(300);
      wire.says(`${id.toString(16).padStart(2, '0')}b\n`);
      await settle();
      store.answer();
      await settle();
    }
    await clock.advance(200);
    expect(said).toEqual([]);
    for (; store.waiting > 0; await settle()) store.answer();
    while (connection.status) await clock.advance(1000);
    expect(said).toEqual([]);
  });

  it('is reported to have failed too', async () => {
    const store = new HeldStore();
    const said: string[] = [];
    const { clock, wire } = await process(store, { said });
    wire.says('00a\n');
    await clock.advance(500);
    store.answer();
    await settle();
    wire.says('01b\n');
    await settle();
    store.answer('fails');
    await settle();
    expect(said).toEqual([SLOW, 'the store has failed: acks and lines wait until it works again']);
  });

  it('holds a close up for closeTimeoutMs at most', async () => {
    const store = new HeldStore();
    const said: string[] = [];
    const { clock, connection, wire } = await process(store, { said });
    wire.says('00a\n');
    await settle();
    const closed = connection.close();
    await clock.advance(4999);
    expect(await stateOf(closed)).toBe('pending');
    await clock.advance(1);
    await closed;
    expect(said.at(-1)).toBe(
      'the store did not answer in time at the close: the last lines may be delivered again',
    );
    expect(clock.armed).toBe(0);
  });

  it('holds the close of a connection that is being loaded up for closeTimeoutMs at most', async () => {
    const clock = new VirtualClock();
    const loading = new Promise<never>(() => undefined);
    const engine = new LoadingEngine(loading, { clock, maxLineBytes: 100, closeTimeoutMs: 5000 });
    const connection = new Connection(engine, { id: 'board', maxUnsentLines: 10 });
    const closed = connection.close();
    await clock.advance(4999);
    expect(await stateOf(closed)).toBe('pending');
    await clock.advance(1);
    await closed;
  });
});

it('closes a connection whose store was closed', async () => {
  const store = memoryStore();
  const { connection, wire } = await process(store);
  await store.close();
  wire.says('00a\n');
  await expect(connection.closed).resolves.toMatchObject({ message: 'the store was closed here' });
  expect([wire.takes(), wire.left]).toEqual(['', 'destroyed']);
});

it('refuses a value that is not a session', async () => {
  const store = memoryStore();
  await store.append('board', 0, [{ kind: 'checkpoint', owner: 'x', snapshot: { lines: 'no' } }]);
  await expect(process(store)).rejects.toMatchObject({
    code: 'ERR_STORE_DAMAGED',
    message: expect.stringContaining('the entries of "board" in the store are damaged') as string,
  });
});

describe('a connection whose session is being loaded', () => {
  it('takes writes and reads, which wait for it', async () => {
    const store = memoryStore();
    const clock = new VirtualClock();
    const loading = (async () => {
      await settle();
      const loaded = await LoadedSession.load({ store, id: 'board', closeTimeoutMs: 5000 });
      return storedPump({ role: 'server', timeout: 1000 }, loaded, clock);
    })();
    const engine = new LoadingEngine(loading, { clock, maxLineBytes: 100, closeTimeoutMs: 5000 });
    const connection = new Connection(engine, { id: 'board', maxUnsentLines: 10 });
    const [write, line] = [connection.write('b'), connection.readline()];
    expect([connection.status, connection.protocol, connection.stats.sent]).toEqual([false, undefined, 0]);
    const pump = await loading;
    const wire = new Wire();
    pump.attach(wire);
    wire.says('\n');
    await settle();
    expect(wire.takes()).toBe('00b\n');
    wire.says('00\n00a\n');
    await write;
    expect(await line).toBe('a');
    await connection.close();
  });

  it('can be closed meanwhile: the session is stored as it was', async () => {
    const store = memoryStore();
    const clock = new VirtualClock();
    const loading = LoadedSession.load({ store, id: 'board', closeTimeoutMs: 5000 }).then((loaded) =>
      storedPump({ role: 'server', timeout: 1000 }, loaded, clock),
    );
    const connection = new Connection(
      new LoadingEngine(loading, { clock, maxLineBytes: 100, closeTimeoutMs: 5000 }),
      {
        id: 'board',
        maxUnsentLines: 10,
      },
    );
    const write = connection.write('never sent');
    await connection.close();
    expect(await stateOf(write)).toBe('ERR_CLOSED');
    expect(await store.load('board')).toBeUndefined();
  });
});
