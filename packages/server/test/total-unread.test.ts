/** What is unread of all clients together is limited: the largest are slowed, and nothing is lost. */
import { afterEach, expect, it, vi } from 'vitest';
import { getHeapStatistics } from 'node:v8';
import { listenSettings } from '../src/options.js';
import { listen, type ListenOptions, type Server } from '../src/index.js';
import { Board, turn, withVirtualTime } from './board.js';
import { warnings } from './warnings.js';

withVirtualTime();

const LINE = 'x'.repeat(1000);
const TIMEOUT_MS = 1000;

let server: Server;
const boards: Board[] = [];

async function start(options: ListenOptions): Promise<void> {
  server = await listen({ port: 0, host: '127.0.0.1', timeout: TIMEOUT_MS, ...options });
}

async function up(id: string): Promise<Board> {
  const board = await Board.up(server, id);
  boards.push(board);
  return board;
}

function line(n: number): string {
  return `${((n % 255) + 1).toString(16).padStart(2, '0')}${n} ${LINE}\n`;
}

/** Sends lines until the server reads no more of them; how many it has sent then. */
async function flood(board: Board): Promise<number> {
  let sent = 0;
  for (let quiet = 0, last = 0; quiet < 50; quiet++) {
    board.says(line(sent++));
    await turn();
    const { bytesReceived } = server.get('flood');
    if (bytesReceived !== last) quiet = 0;
    last = bytesReceived;
  }
  return sent;
}

afterEach(async () => {
  for (const board of boards.splice(0)) board.socket.destroy();
  await server.close();
});

it('a client with too much that is unread is not read any more while its link stays up, and another one is', async () => {
  await start({ maxTotalUnreadBytes: 20_000 });
  const flooding = await up('flood');
  const healthy = await up('healthy');
  await flood(flooding);
  const { unreadLines } = server.get('flood');
  expect(unreadLines).toBeGreaterThanOrEqual(17);
  expect(unreadLines).toBeLessThan(50);
  for (let quarter = 0; quarter < 20; quarter++) {
    healthy.says('\n');
    vi.advanceTimersByTime(TIMEOUT_MS / 4);
    await flooding.hears('\n');
    await turn();
  }
  expect(server.get('flood')).toMatchObject({ status: true, connects: 1, unreadLines });
  healthy.says('01still here\n');
  expect(await server.get('healthy').readline()).toBe('still here');
});

it('is told to the logger once a minute at most', async () => {
  const { logger, messages: warned } = warnings();
  await start({ maxTotalUnreadBytes: 20_000, logger });
  const told = () => warned.filter((message) => message.includes('too many lines are unread')).length;
  const floodOnce = async () => {
    await flood(await up('flood'));
    await server.forget('flood');
  };
  await floodOnce();
  await floodOnce();
  expect(told()).toBe(1);
  vi.advanceTimersByTime(60_000);
  await floodOnce();
  expect(told()).toBe(2);
});

it('is read again as its program reads, and loses nothing', async () => {
  await start({ maxTotalUnreadBytes: 20_000 });
  const flooding = await up('flood');
  const sent = await flood(flooding);
  for (let n = 0; n < sent; n++) expect(await server.get('flood').readline()).toBe(`${n} ${LINE}`);
});

it('is read again as the program reads what others have sent', async () => {
  await start({ maxTotalUnreadBytes: 20_000 });
  const other = await up('other');
  for (let n = 0; n < 10; n++) other.says(line(n));
  await other.hears('0a\n');
  const flooding = await up('flood');
  await flood(flooding);
  const { unreadLines } = server.get('flood');
  expect(unreadLines).toBeLessThan(50);
  for (let n = 0; n < 10; n++) await server.get('other').readline();
  // It looks again with its next keepalive.
  vi.advanceTimersByTime(TIMEOUT_MS / 2);
  await flooding.hears(`${(unreadLines + 1).toString(16).padStart(2, '0')}\n`);
});

it('what a client that is forgotten has left counts no more', async () => {
  await start({ maxTotalUnreadBytes: 20_000 });
  await flood(await up('flood'));
  await server.forget('flood');
  const again = await up('flood');
  await flood(again);
  expect(server.get('flood').unreadLines).toBeGreaterThanOrEqual(17);
});

it('maxTotalUnreadBytes is an eighth of the heap by default, and a whole number of at least 1', async () => {
  const { heap_size_limit: heap } = getHeapStatistics();
  expect(listenSettings({}).maxTotalUnreadBytes).toBe(Math.floor(heap / 8));
  await expect(listen({ port: 0, maxTotalUnreadBytes: 0 })).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' });
  await start({});
});
