import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { listen, type Connection } from '../src/index.js';
import { Board, next } from './board.js';

const local = { port: 0, host: '127.0.0.1' };

/** Whether the promise is still open once all that has come has been handled. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const turn = new Promise((resolve) => setImmediate(() => resolve('pending')));
  return (await Promise.race([promise.then(() => 'done'), turn])) === 'pending';
}

describe('client', () => {
  it('waits for the client to come, and is the same object every time', async () => {
    await using server = await listen(local);
    const waiting = [server.client('1'), server.client('1')];
    using _board = await Board.up(server, '1');
    const [first, second] = await Promise.all(waiting);
    expect(first?.id).toBe('1');
    expect(second).toBe(first);
    expect(await server.client('1')).toBe(first);
    expect(server.get('1')).toBe(first);
  });

  it('refuses an id that is not a string, with which no client could ever say hello', async () => {
    await using server = await listen(local);
    await expect(server.client(1 as never)).rejects.toMatchObject({ name: 'UsageError', code: 'ERR_BAD_ID' });
  });

  it('waits for one that is down to be up again', async () => {
    await using server = await listen(local);
    using board = await Board.up(server, '1');
    const connection = await server.client('1');
    board.socket.destroy();
    await new Promise((resolve) => connection.on('state', resolve));
    expect(server.get('1')).toBe(connection);
    const again = server.client('1');
    expect(await isPending(again)).toBe(true);
    using _board = await Board.up(server, '1');
    expect(await again).toBe(connection);
  });

  it('can be aborted, for who has not come and for who is down or up', async () => {
    await using server = await listen(local);
    const abort = new AbortController();
    using _up = await Board.up(server, 'up');
    using down = await Board.up(server, 'down');
    down.socket.destroy();
    await new Promise((resolve) => server.get('down').on('state', resolve));
    const waiting = [server.client('never', abort), server.client('down', abort)];
    abort.abort('enough');
    for (const promise of [...waiting, server.client('up', abort)])
      await expect(promise).rejects.toBe('enough');
    using _never = await Board.up(server, 'never');
    expect((await server.client('never')).id).toBe('never');
  });

  it('takes null for no signal, and refuses what is none before it waits', async () => {
    await using server = await listen(local);
    const waiting = server.client('1', { signal: null });
    await expect(server.client('1', { signal: new AbortController() as never })).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_BAD_OPTION',
    });
    using _board = await Board.up(server, '1');
    expect(await waiting).toBe(server.get('1'));
  });

  it('rejects when the connection is closed while it waits', async () => {
    await using server = await listen(local);
    using board = await Board.up(server, '1');
    board.socket.destroy();
    await new Promise((resolve) => server.get('1').on('state', resolve));
    const waiting = server.client('1');
    await server.get('1').close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

describe('get, has and clients', () => {
  it('know who has come, up or down', async () => {
    await using server = await listen(local);
    expect(server.has('1')).toBe(false);
    expect([...server.clients]).toEqual([]);
    using board = await Board.up(server, '1');
    using _other = await Board.up(server, '2');
    board.socket.destroy();
    await new Promise((resolve) => server.get('1').on('state', resolve));
    expect(server.has('1')).toBe(true);
    expect(server.get('1').status).toBe(false);
    expect([...server.clients].map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('throw for who has never come, and name them', async () => {
    await using server = await listen({ ...local, expected: ['1'] });
    const unknown = { name: 'UsageError', code: 'ERR_UNKNOWN_CLIENT' };
    expect(() => server.get('1')).toThrow(expect.objectContaining(unknown));
    expect(() => server.get('1')).toThrow(/"1"/);
  });
});

describe('closing a connection of the server', () => {
  it('ends its link, and lets the same id come back as a new one', async () => {
    await using server = await listen(local);
    using board = await Board.up(server, '1');
    const old = server.get('1');
    board.says('00unread\n');
    await board.hears('00\n');
    await old.close();
    await board.gone();
    expect(server.has('1')).toBe(false);

    const came = next(server, 'client');
    using again = await Board.up(server, '1');
    const [connection] = (await came) as [Connection];
    expect(connection).not.toBe(old);
    expect(await server.client('1')).toBe(connection);
    again.says('00of a new run\n');
    expect(await connection.readline()).toBe('of a new run');
    expect(old.status).toBe(false);
  });

  it('from inside the client event leaves no link', async () => {
    const server = await listen(local);
    const off = server.on('client', (connection) => void connection.close());
    using board = await Board.dial(server);
    board.says('1\n\n00hi\n');
    await board.gone();
    expect(board.heard).toBe('');
    expect([...server.clients]).toEqual([]);
    off();
    using _again = await Board.up(server, '1');
    expect(server.get('1').status).toBe(true);
    await server.close();
  });
});

describe('waitAll', () => {
  it('waits for the expected ones', async () => {
    await using server = await listen({ ...local, expected: new Set(['1', '2']) });
    const all = server.waitAll();
    using _one = await Board.up(server, '1');
    using _three = await Board.up(server, '3');
    expect(await isPending(all)).toBe(true);
    using _two = await Board.up(server, '2');
    expect(await all).toBeUndefined();
  });

  it('waits for the peers named instead', async () => {
    await using server = await listen({ ...local, expected: ['1', '2'] });
    const all = server.waitAll({ peers: ['2', '2', '3'] });
    using _two = await Board.up(server, '2');
    expect(await isPending(all)).toBe(true);
    using _three = await Board.up(server, '3');
    await all;
  });

  it('with an id waits for that one too, and gives its connection', async () => {
    await using server = await listen({ ...local, expected: ['1'] });
    const both = server.waitAll('2');
    const alone = server.waitAll('2', { peers: [] });
    using _two = await Board.up(server, '2');
    expect(await alone).toBe(server.get('2'));
    expect(await isPending(both)).toBe(true);
    using _one = await Board.up(server, '1');
    expect(await both).toBe(server.get('2'));
  });

  it('has nothing to wait for when no client is expected', async () => {
    await using server = await listen(local);
    expect(await server.waitAll()).toBeUndefined();
  });

  it('can be aborted', async () => {
    await using server = await listen({ ...local, expected: ['1', '2'] });
    const abort = new AbortController();
    const all = server.waitAll(abort);
    using _one = await Board.up(server, '1');
    abort.abort('enough');
    await expect(all).rejects.toBe('enough');
    await expect(server.waitAll('1', abort)).rejects.toBe('enough');
    await expect(server.waitAll({ peers: [], signal: abort.signal })).rejects.toBe('enough');
  });

  it('leaves no listener at a signal that is kept, and makes no further signal', async () => {
    await using server = await listen(local);
    using _board = await Board.up(server, '1');
    const { signal } = new AbortController();
    const any = vi.spyOn(AbortSignal, 'any');
    const waiting = server.waitAll({ peers: ['1', '2'], signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    using _other = await Board.up(server, '2');
    await waiting;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(any).not.toHaveBeenCalled();
    any.mockRestore();
  });

  it('takes null for no signal', async () => {
    await using server = await listen(local);
    const all = server.waitAll('1', { signal: null });
    using _board = await Board.up(server, '1');
    expect(await all).toBe(server.get('1'));
  });

  it.each([
    ['one string as peers', 'ERR_BAD_OPTION', [{ peers: 'tx' }]],
    ['a number as peers', 'ERR_BAD_OPTION', [{ peers: 5 }]],
    ['null as peers', 'ERR_BAD_OPTION', [{ peers: null }]],
    ['a list of ids in place of the options', 'ERR_BAD_OPTION', [['tx', 'rx']]],
    ['a set of ids after an id', 'ERR_BAD_OPTION', ['tx', new Set(['rx'])]],
    ['an option that there is none of', 'ERR_BAD_OPTION', [{ peer: ['tx'] }]],
    ['no options but null', 'ERR_BAD_OPTION', [null]],
    ['a value that is not a signal', 'ERR_BAD_OPTION', ['tx', { signal: true }]],
    ['a number as id', 'ERR_BAD_ID', [1]],
    ['a number among the peers', 'ERR_BAD_ID', [{ peers: ['tx', 1] }]],
  ])('refuses %s, and does not wait', async (_, code, wrong) => {
    await using server = await listen({ ...local, expected: ['never'] });
    const waitAll = server.waitAll.bind(server) as (...args: unknown[]) => Promise<unknown>;
    await expect(waitAll(...wrong)).rejects.toMatchObject({ name: 'UsageError', code });
  });

  it('says where a list of ids goes', async () => {
    await using server = await listen(local);
    await expect(server.waitAll(['tx', 'rx'] as never)).rejects.toThrow('waitAll({ peers: ids })');
  });

  it('causes no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const server = await listen({ ...local, expected: ['1', '2'] });
    void server.waitAll();
    void server.waitAll('3', { signal: AbortSignal.abort() });
    void server.client('4');
    void server.client('4', { signal: AbortSignal.abort() });
    await server.close();
    void server.client('5');
    void server.waitAll();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

describe('a link of the server', () => {
  it('holds messages until the client has sent its first frame', async () => {
    await using server = await listen(local);
    server.on('client', (connection) => void connection.write('welcome'));
    using board = await Board.dial(server);
    board.says('1\n');
    await board.hears('\n');
    expect(board.heard).toBe('');
    board.says('\n');
    await board.hears('00welcome\n');
  });

  it('goes on for the others when one client breaks the protocol', async () => {
    await using server = await listen(local);
    using good = await Board.up(server, 'good');
    using bad = await Board.up(server, 'bad');
    const errors: string[] = [];
    server.get('bad').on('peerError', ({ code }) => errors.push(code));
    bad.says('00ok\nzz?\n01lost\n');
    await bad.gone();
    expect(errors).toEqual(['ERR_BAD_FRAME']);
    expect(await server.get('bad').readline()).toBe('ok');
    good.says('00hi\n');
    expect(await server.get('good').readline()).toBe('hi');
    expect(server.get('good').connects).toBe(1);
  });
});
