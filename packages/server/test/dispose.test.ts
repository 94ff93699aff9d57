import { expect, it, vi } from 'vitest';
import { listen, type ListenOptions } from '../src/index.js';
import { Board, turn, withVirtualTime } from './board.js';

withVirtualTime();

/** A server whose links last, and what it warns of when it is closed. */
async function start(options: ListenOptions = {}) {
  const warned: object[] = [];
  const quiet = () => undefined;
  const warn = (fields: object, message: string) => {
    if (message.startsWith('closed')) warned.push({ ...fields, message });
  };
  const logger = { debug: quiet, info: quiet, error: quiet, warn };
  const server = await listen({ port: 0, host: '127.0.0.1', timeout: 60_000, logger, ...options });
  return { server, warned };
}

it('leaving the scope waits for what was written to clients that are up', async () => {
  const { server, warned } = await start();
  using board = await Board.up(server, 'board');
  const written = server.get('board').write('last words');
  const left = server[Symbol.asyncDispose]();
  await board.hears('00last words\n');
  expect(server.get('board').status).toBe(true);
  board.says('00\n');
  await Promise.all([left, written]);
  expect([...server.clients]).toEqual([]);
  expect(warned).toEqual([]);
});

it('leaving the scope does not wait for clients that are down, and warns once of all that it drops', async () => {
  const { server, warned } = await start();
  const connections = [];
  for (const id of ['1', '2']) {
    const board = await Board.up(server, id);
    connections.push(server.get(id));
    const down = server.get(id).once('state');
    board.socket.destroy();
    await down;
  }
  const written = connections.map((connection) => connection.write('never sent'));
  await server[Symbol.asyncDispose]();
  for (const write of written) await expect(write).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  const message = 'closed with writes that had not settled: they were dropped';
  expect(warned).toEqual([{ writes: 2, closeTimeoutMs: 5000, message }]);
});

it('leaving the scope stops waiting for a client that goes down', async () => {
  const { server } = await start();
  using board = await Board.up(server, 'board');
  const written = server.get('board').write('never acked');
  const left = server[Symbol.asyncDispose]();
  await board.hears('00never acked\n');
  board.socket.destroy();
  await left;
  await expect(written).rejects.toMatchObject({ code: 'ERR_CLOSED' });
});

it('leaving the scope has one deadline for all clients', async () => {
  const { server, warned } = await start({ closeTimeoutMs: 1000 });
  using one = await Board.up(server, '1');
  using two = await Board.up(server, '2');
  const written = [server.get('1').write('never acked'), server.get('2').write('never acked')];
  let closed = false;
  const left = server[Symbol.asyncDispose]().then(() => (closed = true));
  await Promise.all([one.hears('never acked'), two.hears('never acked')]);
  vi.advanceTimersByTime(999);
  await turn();
  expect(closed).toBe(false);
  vi.advanceTimersByTime(1);
  await left;
  for (const write of written) await expect(write).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  expect(warned).toMatchObject([{ writes: 2, closeTimeoutMs: 1000 }]);
});

it('leaving the scope does not wait with a closeTimeoutMs of 0', async () => {
  const { server } = await start({ closeTimeoutMs: 0 });
  using _board = await Board.up(server, 'board');
  const written = server.get('board').write('never acked');
  await server[Symbol.asyncDispose]();
  await expect(written).rejects.toMatchObject({ code: 'ERR_CLOSED' });
});
