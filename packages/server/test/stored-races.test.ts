import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen, type ListenOptions, type Server } from '../src/index.js';
import { Board, next, turn, withVirtualTime } from './board.js';
import { GatedStore } from './gated-store.js';

withVirtualTime();

const servers: Server[] = [];
const boards: Board[] = [];
const said: string[] = [];

async function start(store: GatedStore, options: ListenOptions = {}): Promise<Server> {
  const note = ({ why = '' }: { why?: string }, message: string) => said.push(`${message} ${why}`.trim());
  const logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };
  const server = await listen({ port: 0, host: '127.0.0.1', timeout: 1000, store, logger, ...options });
  servers.push(server);
  return server;
}

async function up(server: Server, id: string): Promise<Board> {
  const board = await Board.up(server, id);
  boards.push(board);
  return board;
}

async function dial(server: Server, says: string): Promise<Board> {
  const board = await Board.dial(server);
  boards.push(board);
  board.says(says);
  return board;
}

/** A client whose first line was read; that it is done is not stored yet. */
async function withLineRead(server: Server): Promise<void> {
  const board = await up(server, 'a');
  board.says('00one\n');
  await board.hears('00\n');
  expect(await server.get('a').readline()).toBe('one');
}

afterEach(async () => {
  for (const board of boards.splice(0)) board.socket.destroy();
  for (const server of servers.splice(0)) await server.close();
  said.splice(0);
});

describe('a client that comes back', () => {
  it('while its connection is being closed goes on from what that has stored', async () => {
    const store = new GatedStore();
    const server = await start(store);
    await withLineRead(server);
    store.held = 'append';
    const closed = server.get('a').close();
    await store.waits(1);
    const again = await dial(server, 'a\n\n01two\n');
    for (let i = 0; i < 20; i++) await turn();
    expect(server.has('a')).toBe(false);
    store.open();
    await closed;
    await again.hears('01\n');
    expect(await server.get('a').readline()).toBe('two');
    expect(said).toEqual([]);
  });

  it('while it is being forgotten is a new client', async () => {
    const store = new GatedStore();
    const server = await start(store);
    await withLineRead(server);
    store.held = 'append';
    const forgotten = server.forget('a');
    await store.waits(1);
    const again = await dial(server, 'a\n\n00one\n');
    for (let i = 0; i < 20; i++) await turn();
    store.open();
    expect(await forgotten).toBe(true);
    await again.hears('00\n');
    expect(await server.get('a').readline()).toBe('one');
    expect(said).toEqual([]);
  });

  it('and is forgotten while its session is loaded is a new client', async () => {
    const store = new GatedStore();
    const first = await start(store);
    await withLineRead(first);
    await first.get('a').close();
    store.held = 'load';
    const again = await dial(first, 'a\n\n00one\n');
    await store.waits(1);
    const forgotten = first.forget('a');
    await store.waits(2);
    // What was loaded for the client is from before.
    store.letGo();
    for (let i = 0; i < 20; i++) await turn();
    expect(first.has('a')).toBe(false);
    store.open();
    expect(await forgotten).toBe(true);
    await again.hears('00\n');
    expect(await first.get('a').readline()).toBe('one');
    expect(said).toEqual([]);
  });
});

describe('a store that is slow to load', () => {
  it('lets no more clients in than maxSessions', async () => {
    const store = new GatedStore('load');
    const server = await start(store, { maxSessions: 1 });
    const refused = next(server, 'refused');
    await dial(server, 'a\n\n');
    await store.waits(1);
    await dial(server, 'b\n\n');
    await store.waits(2);
    store.open();
    expect((await refused).slice(0, 2)).toEqual(['too-many-sessions', 'b']);
    expect(Array.from(server.clients, ({ id }) => id)).toEqual(['a']);
  });

  it('holds no socket for longer than two timeouts', async () => {
    const store = new GatedStore('load');
    const server = await start(store);
    const board = await dial(server, 'a\n\n');
    await store.waits(1);
    vi.advanceTimersByTime(2004);
    await board.gone();
    // The next one waits for the same load.
    const again = await dial(server, 'a\n\n');
    for (let i = 0; i < 20; i++) await turn();
    expect(store.asked).toEqual(['a']);
    store.open();
    await again.hears('\n');
  });
});

describe('the close of a server', () => {
  it('waits for connections that were closed before', async () => {
    const store = new GatedStore();
    const server = await start(store);
    await withLineRead(server);
    store.held = 'append';
    void server.get('a').close();
    const closed = server.close();
    await store.waits(1);
    const story: string[] = [];
    void closed.then(() => story.push('closed'));
    for (let i = 0; i < 20; i++) await turn();
    story.push('stored');
    store.open();
    await closed;
    expect(story).toEqual(['stored', 'closed']);
  });

  it('waits for a store that does not answer for closeTimeoutMs at most', async () => {
    const store = new GatedStore();
    const server = await start(store, { closeTimeoutMs: 700 });
    const board = await up(server, 'a');
    store.held = 'append';
    board.says('00one\n');
    await store.waits(1);
    const closed = server.close();
    await board.gone();
    vi.advanceTimersByTime(704);
    await closed;
    expect(said).toEqual([
      'the store is slow: acks wait for it, and the timeout is 1000 ms',
      'the store did not answer in time at the close: the last lines may be delivered again',
    ]);
  });
});
