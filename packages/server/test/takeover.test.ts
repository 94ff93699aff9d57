import { connect as dial, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen, type ListenOptions, type Server } from '../src/index.js';
import { withVirtualTime } from './board.js';

/** Three quarters of the timeout of `start`. */
const UNTIL_THE_DECISION = 300;

let server: Server;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

/** A server, and what it reports. */
async function start(options: ListenOptions = {}): Promise<string[]> {
  server = await listen({ port: 0, host: '127.0.0.1', timeout: 400, ...options });
  const story: string[] = [];
  server.on('duplicate', (id) => story.push(`duplicate ${id}`));
  server.on('refused', (reason, id) => story.push(`refused ${reason} ${id ?? ''}`));
  return story;
}

/** A board's socket that has said hello, and what the server has sent it. */
async function board(
  ...lines: string[]
): Promise<{ socket: Socket; heard: () => Promise<string>; closed: Promise<unknown> }> {
  const socket = dial({ port: server.address.port, host: '127.0.0.1', noDelay: true });
  sockets.push(socket);
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  socket.write(['board', ...lines].map((line) => `${line}\n`).join(''));
  return { socket, closed, heard: async () => String((await once(socket, 'data'))[0]) };
}

/** One that is up: its first keepalive has come. */
async function boardThatIsUp() {
  const it = await board('');
  await it.heard();
  return it;
}

describe('a client that comes again while its old link seems up', () => {
  withVirtualTime();

  it('is let in when the old link stays silent, and its lines go to the same connection', async () => {
    const story = await start();
    const old = await boardThatIsUp();
    const conn = await server.client('board');
    const probed = old.heard();
    const back = await board('00back');
    await probed;
    vi.advanceTimersByTime(UNTIL_THE_DECISION);
    expect(await conn.readline()).toBe('back');
    expect(await back.heard()).toContain('00\n');
    await old.closed;
    expect(server.get('board')).toBe(conn);
    expect(conn.connects).toBe(2);
    expect(story).toEqual([]);
  });

  it('is let in at once when the old link ends meanwhile', async () => {
    await start({ timeout: 60_000 });
    const old = await boardThatIsUp();
    const conn = await server.client('board');
    const back = await board('00back');
    const probed = old.heard();
    expect(await probed).toBe('\n');
    old.socket.resetAndDestroy();
    expect(await conn.readline()).toBe('back');
    expect(await back.heard()).toContain('\n');
  });

  it('is turned away when bytes come on the old link, and nothing was read from it or sent to it', async () => {
    const story = await start();
    const old = await boardThatIsUp();
    const conn = await server.client('board');
    const newcomer = await board('00from the newcomer');
    let heard = '';
    newcomer.socket.on('data', (chunk) => (heard += String(chunk)));
    await old.heard();
    vi.advanceTimersByTime(1);
    old.socket.write('00from the first\n');
    expect(await conn.readline()).toBe('from the first');
    vi.advanceTimersByTime(UNTIL_THE_DECISION - 1);
    await newcomer.closed;
    expect(heard).toBe('');
    expect(conn.connects).toBe(1);
    expect(story).toEqual(['duplicate board', 'refused duplicate board']);
  });

  it('gives way to a later newcomer, which does not wait for longer', async () => {
    await start();
    const old = await boardThatIsUp();
    const conn = await server.client('board');
    const probed = old.heard();
    const first = await board('00first');
    await probed;
    vi.advanceTimersByTime(UNTIL_THE_DECISION - 1);
    const second = await board('00second');
    await first.closed;
    vi.advanceTimersByTime(1);
    expect(await conn.readline()).toBe('second');
    expect(await second.heard()).toContain('00\n');
  });
});

describe('a client that comes again', () => {
  it('is let in at once with takeover, and refused at once with reject', async () => {
    await start({ onDuplicate: 'takeover', timeout: 60_000 });
    const old = await boardThatIsUp();
    await board('00taken');
    expect(await (await server.client('board')).readline()).toBe('taken');
    await old.closed;
    await server.close();

    const story = await start({ onDuplicate: 'reject', timeout: 60_000 });
    await boardThatIsUp();
    const refused = await board('00refused');
    await refused.closed;
    expect(story).toEqual(['duplicate board', 'refused duplicate board']);
  });

  it('is let go when the server closes before the decision', async () => {
    await start({ timeout: 60_000 });
    const old = await boardThatIsUp();
    const waiting = await board();
    await old.heard();
    await server.close();
    await waiting.closed;
  });
});
