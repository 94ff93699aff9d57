import cluster from 'node:cluster';
import { Server as NetServer } from 'node:net';
import { ownPort } from '@iot/vitest-config/ports';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LinkError, listen } from '../src/index.js';
import { Board, next } from './board.js';

const local = { port: 0, host: '127.0.0.1' };

describe('listen', () => {
  it('takes a free port when asked for 0, and says which', async () => {
    await using server = await listen(local);
    await using other = await listen(local);
    expect(server.address).toMatchObject({ address: '127.0.0.1', port: expect.any(Number) as number });
    expect(server.address.port).not.toBe(0);
    expect(other.address.port).not.toBe(server.address.port);
  });

  it('listens on all interfaces unless told otherwise', async () => {
    await using server = await listen({ port: 0 });
    expect(['::', '0.0.0.0']).toContain(server.address.address);
    using board = await Board.up(server, 'board');
    expect(board.socket.remotePort).toBe(server.address.port);
  });

  it('says in one sentence that the port is in use', async () => {
    await using server = await listen(local);
    const { port } = server.address;
    const second = listen({ ...local, port });
    await expect(second).rejects.toBeInstanceOf(LinkError);
    await expect(second).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: `cannot listen on port ${port} (EADDRINUSE): another process uses it: stop that process, or choose another port`,
      cause: { code: 'EADDRINUSE' },
    });
  });

  it('says so when this machine does not have the address', async () => {
    await expect(listen({ port: 0, host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: expect.stringContaining('this machine does not have this address') as string,
    });
  });

  it('has no event of another name', async () => {
    await using server = await listen(local);
    const message =
      'there is no event connection: the events are client, up, down, peerError, gone, line, acked, duplicate, refused, close';
    expect(() => server.on('connection' as 'client', () => undefined)).toThrow(message);
    await expect(server.once('connection' as 'client')).rejects.toThrow(message);
  });

  it('keeps listening when accepting a client fails', async () => {
    const spy = vi.spyOn(NetServer.prototype, 'listen');
    await using server = await listen(local);
    const net = spy.mock.contexts[0] as NetServer;
    spy.mockRestore();
    net.emit('error', Object.assign(new Error('accept'), { code: 'EMFILE' }));
    using _board = await Board.up(server, 'board');
    expect(server.has('board')).toBe(true);
  });

  it.each([
    ['a port beyond 65535', { port: 65536 }],
    ['a port below 0', { port: -1 }],
    ['a timeout below 100', { timeout: 99 }],
    ['a negative settleMs', { settleMs: -1 }],
    ['an exclusive that is neither true nor false', { exclusive: 'yes' as never }],
    ['an admit of its own', { admit: 'some' as 'any' }],
    ['one string as expected', { expected: '12' }],
    ['a number as expected', { expected: 5 as never }],
    ['null as expected', { expected: null as never }],
    ['an expected id that is a number', { expected: [1] as never }],
    ['a host that is a number', { host: 42 as never }],
    ['a host that is null', { host: null as never }],
    ['an empty host, which would be all interfaces', { host: '' }],
    ['an option that there is none of', { prot: 8123 }],
    ['no unread lines', { maxUnreadLines: 0 }],
    ['more than 100 in flight', { maxInFlight: 101 }],
    ['no unsent lines', { maxUnsentLines: 0 }],
    ['no bytes in an id', { maxIdBytes: 0 }],
  ])('refuses %s, before any client comes', async (_, wrong) => {
    await expect(listen({ ...local, ...wrong })).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_BAD_OPTION',
    });
  });

  it('takes options that are undefined for the defaults', async () => {
    await using server = await listen({
      ...local,
      timeout: undefined,
      expected: undefined,
      admit: undefined,
    });
    using _board = await Board.up(server, 'board');
    expect(server.has('board')).toBe(true);
  });
});

describe('closing a server', () => {
  it('ends the waiting for events, and resolves closed', async () => {
    const server = await listen(local);
    using _board = await Board.up(server, 'before');
    const [client, refused, close] = [server.once('client'), server.once('refused'), server.once('close')];
    using _other = await Board.up(server, 'board');
    expect(await client).toEqual([server.get('board')]);
    await server.close();
    expect(await close).toEqual([]);
    await expect(refused).rejects.toMatchObject({ code: 'ERR_CLOSED', message: 'the server was closed' });
    await expect(server.once('client')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(await server.closed).toBe(undefined);
  });

  it('frees the port, closes every connection and every newcomer, and emits close once', async () => {
    const own = await ownPort();
    const server = await listen(own);
    using up = await Board.up(server, 'up');
    using silent = await Board.dial(server);
    const connection = server.get('up');
    const story: string[] = [];
    server.on('close', () => story.push('server closed'));
    connection.on('close', () => story.push('connection closed'));
    await Promise.all([server.close(), server.close()]);
    await server.close();
    expect(story).toEqual(['connection closed', 'server closed']);
    await Promise.all([up.gone(), silent.gone()]);
    await using again = await listen(own);
    expect(again.address.port).toBe(own.port);
  });

  it('may be asked for again by the listeners that hear of it', async () => {
    const server = await listen(local);
    using _board = await Board.up(server, 'board');
    let closed = 0;
    server.get('board').on('state', () => void server.close());
    server.on('close', () => {
      closed += 1;
      void server.close();
    });
    await server.close();
    expect(closed).toBe(1);
  });

  it('rejects who waits, and every later call', async () => {
    const server = await listen(local);
    const waiting = [server.client('a'), server.waitAll({ peers: ['a', 'b'] }), server.waitAll('a')];
    const during: Promise<unknown>[] = [];
    server.on('close', () => during.push(server.client('a')));
    await server.close();
    const later = [server.client('a'), server.waitAll({ peers: ['a'] })];
    for (const promise of [...waiting, ...during, ...later]) {
      await expect(promise).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    }
    expect([...server.clients]).toEqual([]);
  });

  it('is what leaving the scope of await using does', async () => {
    let closed: Promise<unknown[]>;
    {
      await using server = await listen(local);
      closed = next(server, 'close');
    }
    expect(await closed).toEqual([]);
  });
});

describe('listen in a cluster worker', () => {
  const real = { isPrimary: cluster.isPrimary, isWorker: cluster.isWorker };

  beforeEach(() => {
    Object.assign(cluster, { isPrimary: false, isWorker: true });
  });
  afterEach(() => {
    Object.assign(cluster, real);
  });

  it('is refused, since boards would reach another process at each reconnection', async () => {
    await expect(listen(local)).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_BAD_OPTION',
      message: expect.stringMatching(
        /cluster worker .*: a board .* one process .* exclusive: true/,
      ) as string,
    });
    await expect(listen({ ...local, exclusive: false })).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' });
  });

  it('has with exclusive a port that no other worker shares', async () => {
    await using server = await listen({ ...local, exclusive: true });
    await expect(listen({ ...local, port: server.address.port, exclusive: true })).rejects.toMatchObject({
      cause: { code: 'EADDRINUSE' },
    });
    using _board = await Board.up(server, 'board');
    expect(server.has('board')).toBe(true);
  });
});
