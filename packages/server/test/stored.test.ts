import { Server as NetServer } from 'node:net';
import { memoryStore, StoreError, type Connection, type SessionStore } from '@iot/connection';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { listen, type ListenOptions, type Server } from '../src/index.js';
import { Board } from './board.js';
import { GatedStore } from './gated-store.js';

const servers: Server[] = [];
const boards: Board[] = [];

async function start(store: SessionStore, options: ListenOptions = {}): Promise<Server> {
  const server = await listen({ port: 0, host: '127.0.0.1', timeout: 60_000, store, ...options });
  servers.push(server);
  return server;
}

async function up(server: Server, id: string): Promise<Board> {
  const board = await Board.up(server, id);
  boards.push(board);
  return board;
}

afterEach(async () => {
  for (const board of boards.splice(0)) board.socket.destroy();
  for (const server of servers.splice(0)) await server.close();
});

describe('a server with a store', () => {
  it('goes on with the sessions of the process before, also of boards that do not come again', async () => {
    const store = memoryStore();
    const first = await start(store);
    for (const id of ['a', 'b']) {
      const board = await up(first, id);
      board.says(`00from ${id}\n`);
      await board.hears('00\n');
    }
    expect(await first.get('b').readline()).toBe('from b');
    await first.close();

    const second = await start(store.reopen());
    const told: Connection[] = [];
    second.on('client', (connection) => told.push(connection));
    expect([second.has('a'), second.has('b')]).toEqual([true, true]);
    await second.once('client');
    expect(told.map(({ id }) => id)).toEqual(['a', 'b']);
    const messages = second.get('a').messages()[Symbol.asyncIterator]();
    const { value } = await messages.next();
    expect([value?.text, value?.redelivered]).toEqual(['from a', true]);
    const board = await up(second, 'b');
    board.says('00from b\n01and more\n');
    await board.hears('01\n');
    expect(await second.get('b').readline()).toBe('and more');
    expect(told).toHaveLength(2);
  });

  it('sends what the process before had written, with the same ids', async () => {
    const store = memoryStore();
    const first = await start(store);
    const board = await up(first, 'a');
    void first
      .get('a')
      .write('one')
      .catch(() => undefined);
    await board.hears('00one\n');
    void first
      .get('a')
      .write('two')
      .catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    await first.close();
    const again = await up(await start(store.reopen()), 'a');
    await again.hears('00one\n');
    again.says('00\n');
    await again.hears('01two\n');
  });

  it('reports a client before its link is up, when it comes at once', async () => {
    const store = memoryStore();
    const first = await start(store);
    (await up(first, 'a')).says('00hi\n');
    await (await first.client('a')).readline();
    await first.close();
    const second = await start(store.reopen());
    const story: string[] = [];
    second.on('client', (connection) => {
      story.push(connection.id);
      connection.on('state', (isUp) => story.push(isUp ? 'up' : 'down'));
    });
    await up(second, 'a');
    expect(story).toEqual(['a', 'up']);
  });

  it('forgets a client in the store too, also one that has not come', async () => {
    const store = memoryStore();
    const first = await start(store);
    const board = await up(first, 'a');
    board.says('00hi\n');
    await board.hears('00\n');
    await first.close();
    const second = await start(store.reopen());
    expect(await second.forget('a')).toBe(true);
    expect(await second.forget('a')).toBe(false);
    await second.close();
    const third = await start(store.reopen());
    expect(third.has('a')).toBe(false);
    const again = await up(third, 'a');
    again.says('00hi\n');
    await again.hears('00\n');
    expect(await third.get('a').readline()).toBe('hi');
  });

  it('does not forget a client for which the process before had written lines, or has left some', async () => {
    const store = memoryStore();
    const first = await start(store);
    const board = await up(first, 'unread');
    board.says('00hi\n');
    await board.hears('00\n');
    await up(first, 'unsent');
    void first
      .get('unsent')
      .write('hello')
      .catch(() => undefined);
    const idle = await up(first, 'idle');
    idle.says('00hi\n');
    await idle.hears('00\n');
    await first.get('idle').readline();
    await first.close();
    const second = await start(store.reopen(), { forgetAfterMs: 1 });
    while (second.has('idle')) await new Promise((resolve) => setImmediate(resolve));
    expect([second.has('unread'), second.has('unsent')]).toEqual([true, true]);
  });

  it('keeps the session of a connection that the application closes', async () => {
    const store = memoryStore();
    const server = await start(store);
    const board = await up(server, 'a');
    board.says('00hi\n');
    await board.hears('00\n');
    await server.get('a').close();
    expect(server.has('a')).toBe(false);
    const again = await up(server, 'a');
    again.says('00hi\n');
    await again.hears('00\n');
    const messages = server.get('a').messages()[Symbol.asyncIterator]();
    const { value } = await messages.next();
    expect([value?.text, value?.redelivered]).toEqual(['hi', true]);
    expect(server.get('a').stats.duplicatesDropped).toBe(1);
  });

  it('takes the newest of several links of a client whose session is being loaded', async () => {
    const slow = new GatedStore('load');
    const server = await start(slow);
    const first = await Board.dial(server);
    const second = await Board.dial(server);
    boards.push(first, second);
    first.says('a\n\n');
    await slow.waits(1);
    second.says('a\n\n');
    await first.gone();
    slow.letGo();
    await second.hears('\n');
    expect(slow.asked).toEqual(['a']);
  });

  it('turns away a client whose session cannot be loaded, says why, and takes others', async () => {
    const slow = new GatedStore('load');
    const said: string[] = [];
    const note = ({ id, why }: { id?: string; why?: string }, message: string) =>
      said.push(`${message}: ${id ?? ''} ${why ?? ''}`);
    const logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };
    const server = await start(slow, { logger });
    const bad = await Board.dial(server);
    boards.push(bad);
    bad.says('a\n\n');
    await slow.waits(1);
    slow.letGo(new StoreError('ERR_STORE_FAILED', 'the disk has gone'));
    await bad.gone();
    expect(said).toEqual(['a session could not be loaded: its client cannot connect: a the disk has gone']);
    expect(server.has('a')).toBe(false);
    const good = Board.up(server, 'b');
    await slow.waits(1);
    slow.letGo();
    boards.push(await good);
  });

  it('closes while a session is being loaded', async () => {
    const slow = new GatedStore('load');
    const server = await start(slow);
    const board = await Board.dial(server);
    boards.push(board);
    board.says('a\n\n');
    await slow.waits(1);
    const closed = server.close();
    slow.letGo();
    await Promise.all([closed, board.gone()]);
    expect(server.has('a')).toBe(false);
  });

  it('loses a session to another server that has taken it over, with the reason', async () => {
    const store = memoryStore();
    const [one, other] = [await start(store), await start(store.reopen())];
    const board = await up(one, 'a');
    board.says('00hi\n');
    await board.hears('00\n');
    const lost = one.get('a').closed;
    const moved = await up(other, 'a');
    moved.says('00hi\n01and\n');
    await moved.hears('01\n');
    board.says('01and\n');
    expect(await lost).toMatchObject({ code: 'ERR_STORE_FENCED' });
    await board.gone();
    expect(board.heard).not.toContain('01\n');
    expect(one.has('a')).toBe(false);
    expect(await other.get('a').readline()).toBe('hi');
  });

  it('does not begin with a store that cannot be read', async () => {
    const store = memoryStore();
    await store.append('a', 0, [{ kind: 'owner', epoch: 'x', node: 'x' }]);
    await store.close();
    await expect(start(store)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('leaves its port free when what is stored of a client is no session', async () => {
    const store = memoryStore();
    await store.append('a', 0, [{ kind: 'checkpoint', owner: 'x', snapshot: { lines: 'no' } }]);
    const listening = vi.spyOn(NetServer.prototype, 'listen');
    onTestFinished(() => listening.mockRestore());
    await expect(start(store)).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    expect(listening.mock.contexts.map((net) => (net as NetServer).listening)).toEqual([false]);
  });

  it('refuses a value that is not a store', async () => {
    await expect(start({} as SessionStore)).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' });
  });
});
