import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen, type ListenOptions, type Server } from '../src/index.js';
import { Board, turn, withVirtualTime } from './board.js';

withVirtualTime();

const HOUR = 3_600_000;

let server: Server;
const boards: Board[] = [];

async function start(options: ListenOptions = {}): Promise<void> {
  server = await listen({ port: 0, host: '127.0.0.1', timeout: 60_000, ...options });
}

async function up(id: string): Promise<Board> {
  const board = await Board.up(server, id);
  boards.push(board);
  return board;
}

/** A client that comes and goes. */
async function visit(id: string): Promise<void> {
  const board = await up(id);
  const connection = server.get(id);
  const down = new Promise<void>((resolve) => {
    const stop = connection.on('state', (isUp) => {
      if (isUp) return;
      stop();
      resolve();
    });
  });
  board.socket.destroy();
  await down;
}

afterEach(async () => {
  for (const board of boards.splice(0)) board.socket.destroy();
  await server.close();
});

it.each([
  ['ends the link', '-2\n!closed bye\n'],
  ['has a message before the opening line', '-2\n1 x\n'],
  ['is malformed', 'zz\n'],
])('a client is forgotten whose only link ended over what came with its hello: it %s', async (_, rest) => {
  await start();
  const board = await Board.dial(server);
  boards.push(board);
  board.says(`board\n${rest}`);
  await board.gone();
  expect(server.get('board').status).toBe(false);
  vi.advanceTimersByTime(2 * HOUR);
  expect(server.has('board')).toBe(false);
});

describe('a client that has been down for forgetAfterMs', () => {
  it('is forgotten, and a new one when it comes again', async () => {
    await start();
    await visit('once');
    const before = server.get('once');
    vi.advanceTimersByTime(HOUR - 1);
    expect(server.has('once')).toBe(true);
    vi.advanceTimersByTime(1);
    expect(server.has('once')).toBe(false);
    await expect(before.readline()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await up('once');
    expect(server.get('once')).not.toBe(before);
  });

  it('is kept when it is expected', async () => {
    await start({ expected: ['board'] });
    await visit('board');
    vi.advanceTimersByTime(10 * HOUR);
    expect(server.has('board')).toBe(true);
  });

  it('is kept while it is up', async () => {
    await start();
    await visit('board');
    await up('board');
    vi.advanceTimersByTime(HOUR);
    expect(server.has('board')).toBe(true);
  });

  it.each<[string, (server: Server) => void]>([
    ['somebody waits for its lines', (it) => void it.get('board').readline()],
    ['somebody waits for it to come again', (it) => void it.client('board')],
    [
      'somebody is in a loop over its lines, even while the body runs',
      (it) => void it.get('board')[Symbol.asyncIterator]().next(),
    ],
    ['somebody listens to it', (it) => it.get('board').on('state', () => undefined)],
    ['a line to it is queued', (it) => void it.get('board').write('for later')],
  ])('is kept while %s', async (_, hold) => {
    await start();
    await visit('board');
    hold(server);
    await turn();
    vi.advanceTimersByTime(3 * HOUR);
    expect(server.has('board')).toBe(true);
  });

  it('is kept while a line from it is unread, and forgotten an hour later', async () => {
    await start();
    const board = await up('board');
    board.says('00unread\n');
    await board.hears('00\n');
    board.socket.destroy();
    await visit('board');
    vi.advanceTimersByTime(HOUR);
    expect(await server.get('board').readline()).toBe('unread');
    vi.advanceTimersByTime(HOUR);
    expect(server.has('board')).toBe(false);
  });
});

describe('forget', () => {
  it('closes the connection of a client, and says whether there was one', async () => {
    await start();
    const board = await up('board');
    const connection = server.get('board');
    expect(await server.forget('board')).toBe(true);
    await board.gone();
    expect(server.has('board')).toBe(false);
    await expect(connection.write('x')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(await server.forget('board')).toBe(false);
  });
});

describe('limits', () => {
  it('refuse a client that is new beyond maxSessions, but not one that is known or expected', async () => {
    await start({ maxSessions: 2, expected: ['expected'] });
    await visit('a');
    await visit('b');
    const refused = new Promise((resolve) => server.on('refused', (...args) => resolve(args)));
    const board = await Board.dial(server);
    board.says('c\n');
    await board.gone();
    expect(await refused).toEqual(['too-many-sessions', 'c', '127.0.0.1']);
    await up('a');
    await up('expected');
    await server.forget('b');
    await server.forget('a');
    await up('c');
  });

  it('refuse a socket beyond maxConnections at once', async () => {
    await start({ maxConnections: 1 });
    const first = await up('first');
    const refused = new Promise((resolve) => server.on('refused', (...args) => resolve(args)));
    const board = await Board.dial(server);
    await board.gone();
    expect(await refused).toEqual(['too-many-connections', undefined, '127.0.0.1']);
    first.says('01still there\n');
    await first.hears('01\n');
  });
});
