import { Worker } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import { listen } from '../src/index.js';
import { Board, newcomer, next, turn, withVirtualTime } from './board.js';
import { warnings } from './warnings.js';

withVirtualTime();

const local = { port: 0, host: '127.0.0.1' };

describe('a hello', () => {
  it('may come in single bytes, and is answered with a keepalive, not before', async () => {
    await using server = await listen(local);
    using board = await Board.dial(server);
    await board.spells('küche');
    expect(board.heard).toBe('');
    board.says('\n');
    await board.hears('\n');
    expect(server.get('küche').status).toBe(true);
  });

  it('may have frames after it in the same segment', async () => {
    await using server = await listen(local);
    using board = await Board.dial(server);
    const came = server.client('board');
    board.says('board\n\n00hi\n01mo');
    await board.hears('00\n');
    board.says('use\n');
    await board.hears('01\n');
    const connection = await came;
    expect(await connection.readline()).toBe('hi');
    expect(await connection.readline()).toBe('mouse');
  });

  it('makes a session: the client event comes before the link is up, so that no state is missed', async () => {
    await using server = await listen(local);
    const story: unknown[] = [];
    server.on('client', (connection) => {
      story.push(connection.id);
      connection.on('state', (up) => story.push(up));
    });
    using board = await Board.up(server, 'board');
    expect(story).toEqual(['board', true]);
    board.socket.destroy();
    await new Promise((resolve) => server.get('board').on('state', resolve));
    using _again = await Board.up(server, 'board');
    expect(story).toEqual(['board', true, false, true]);
    expect(server.get('board').connects).toBe(2);
    expect(server.get('board').remoteAddress).toBe('127.0.0.1');
  });
});

describe('a newcomer is refused, and other clients are not disturbed,', () => {
  it.each([
    ['whose hello is longer than maxIdBytes', 'bad-hello', undefined, `${'x'.repeat(257)}\n`],
    ['whose hello has no end', 'bad-hello', undefined, 'x'.repeat(300)],
    ['whose hello is not UTF-8', 'bad-hello', undefined, Uint8Array.of(0xff, 0xfe, 0x0a)],
    ['whose hello is empty', 'bad-hello', undefined, '\n'],
  ])('%s', async (_, reason, id, hello) => {
    await using server = await listen(local);
    using good = await Board.up(server, 'good');
    const refused = next(server, 'refused');
    using bad = await Board.dial(server);
    bad.says(hello);
    expect(await refused).toEqual([reason, id, '127.0.0.1']);
    await bad.gone();
    expect(bad.heard).toBe('');
    expect([...server.clients].map((connection) => connection.id)).toEqual(['good']);
    good.says('00still here\n');
    expect(await server.get('good').readline()).toBe('still here');
    expect(server.get('good').connects).toBe(1);
  });

  it.each([
    ['a\u0007b\u009b', String.raw`"a\u0007b\u009b"`],
    ['board\r', String.raw`"board\r"`],
  ])('whose id has control characters, which are in no event and no log: %j', async (id, shown) => {
    const { logger, fields: logged } = warnings();
    await using server = await listen({ ...local, logger });
    const refused = next(server, 'refused');
    using bad = await Board.dial(server);
    bad.says(`${id}\n`);
    const detail = `its id has control characters: ${shown}`;
    expect(await refused).toEqual(['bad-hello', undefined, '127.0.0.1', detail]);
    expect(logged).toEqual([{ reason: 'bad-hello', address: '127.0.0.1', detail }]);
    await bad.gone();
  });

  it('that says no hello within the timeout', async () => {
    await using server = await listen({ ...local, timeout: 100 });
    using silent = await newcomer(server);
    silent.says('never whol');
    const refused = next(server, 'refused');
    vi.advanceTimersByTime(100);
    expect(await refused).toEqual(['no-hello', undefined, '127.0.0.1']);
    await silent.gone();
  });

  it('but not one that has said hello in time and stays connected', async () => {
    await using server = await listen({ ...local, timeout: 100 });
    using board = await Board.up(server, 'board');
    using silent = await newcomer(server);
    vi.advanceTimersByTime(99);
    board.says('00still here\n');
    expect(await server.get('board').readline()).toBe('still here');
    vi.advanceTimersByTime(1);
    await silent.gone(); // its time, which began later, is over
    expect([server.get('board').status, server.get('board').connects]).toEqual([true, 1]);
  });

  it('that is not expected, where only expected ones are admitted', async () => {
    await using server = await listen({ ...local, expected: ['good'], admit: 'expected' });
    using good = await Board.up(server, 'good');
    const refused = next(server, 'refused');
    using bad = await Board.dial(server);
    bad.says('bad\n');
    expect(await refused).toEqual(['not-expected', 'bad', '127.0.0.1']);
    await bad.gone();
    expect(server.has('bad')).toBe(false);
    good.says('00hi\n');
    expect(await server.get('good').readline()).toBe('hi');
  });

  it('but not one with control characters in an id that is expected to the letter', async () => {
    await using server = await listen({ ...local, expected: ['board\r'] });
    using _board = await Board.up(server, 'board\r');
    expect(server.has('board\r')).toBe(true);
  });

  it('but not one that is not expected, where that is advice', async () => {
    await using server = await listen({ ...local, expected: ['good'] });
    using _board = await Board.up(server, 'other');
    expect(server.has('other')).toBe(true);
  });
});

describe('a client that vanishes before its hello', () => {
  it.each([
    ['in order', (board: Board) => board.socket.end()],
    ['with a reset', (board: Board) => board.socket.resetAndDestroy()],
  ])('%s leaves no state, and emits no event', async (_, leave) => {
    const server = await listen({ ...local, timeout: 100 });
    const refused: unknown[] = [];
    server.on('refused', (reason) => refused.push(reason));
    using board = await Board.dial(server);
    await board.spells('boa');
    leave(board);
    await board.gone();
    // Another one, refused for its silence, is the later witness.
    using _silent = await newcomer(server);
    const witnessed = next(server, 'refused');
    vi.advanceTimersByTime(100);
    await witnessed;
    expect(refused).toEqual(['no-hello']);
    await server.close();
    expect([...server.clients]).toEqual([]);
  });
});

it('a hello that came in time is read, though the server was busy beyond that time', async () => {
  await using server = await listen({ port: 0, host: '127.0.0.1', timeout: 100 });
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const accepted = next(server, 'client');
  const board = new Worker(
    `const { workerData: { port, flags } } = require('node:worker_threads');
     const socket = require('node:net').connect(port, '127.0.0.1', () => {
       Atomics.store(flags, 0, 1);
       Atomics.notify(flags, 0);
       Atomics.wait(flags, 1, 0);
       socket.write('board\\n', () => { Atomics.store(flags, 0, 2); Atomics.notify(flags, 0); });
     }).on('error', () => undefined);`,
    { eval: true, workerData: { port: server.address.port, flags } },
  );
  await new Promise((resolve) => board.once('online', resolve));
  Atomics.wait(flags, 0, 0);
  while (vi.getTimerCount() === 0) await turn(); // until the socket is accepted
  Atomics.store(flags, 1, 1);
  Atomics.notify(flags, 1);
  Atomics.wait(flags, 0, 1);
  // The hello has come and is not read: this loop has not turned.
  vi.advanceTimersByTime(200);
  expect(await accepted).toHaveLength(1);
  await board.terminate();
});
