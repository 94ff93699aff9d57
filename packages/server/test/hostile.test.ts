/** What a broken or hostile client can do to a live server (PROTOCOL.md section 6): nothing that a healthy one would notice. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, type Connection, type ListenOptions, type Server } from '../src/index.js';
import { Board } from './board.js';

let server: Server;
let healthy: Board;
let connection: Connection;
let exchanged = 0;
const boards: Board[] = [];

/** A server with a healthy board on it. */
async function start(options: ListenOptions = {}): Promise<void> {
  server = await listen({ port: 0, host: '127.0.0.1', timeout: 20_000, ...options });
  exchanged = 0;
  healthy = await up('healthy');
  connection = await server.client('healthy');
}

async function up(id: string): Promise<Board> {
  const board = await Board.up(server, id);
  boards.push(board);
  return board;
}

/** One line each way, acked. */
async function exchange(): Promise<void> {
  const id = (exchanged++).toString(16).padStart(2, '0');
  healthy.says(`${id}up ${id}!\n`);
  expect(await connection.readline()).toBe(`up ${id}!`);
  await healthy.hears(`${id}\n`);
  const written = connection.write(`down ${id}!`);
  await healthy.hears(`${id}down ${id}!\n`);
  healthy.says(`${id}\n`);
  await written;
}

beforeEach(async () => {
  await start();
  await exchange();
});

afterEach(async () => {
  await exchange();
  expect(connection.connects).toBe(1);
  expect(connection.stats).toMatchObject({ outages: 0, protocolErrors: 0, duplicatesDropped: 0 });
  for (const board of boards.splice(0)) board.socket.destroy();
  await server.close();
});

describe('bad input', () => {
  it.each([
    ['a line of one character', 'z\n', 'ERR_BAD_FRAME'],
    ['a carriage return for a line', '\r\n', 'ERR_BAD_FRAME'],
    ['an id that is not hexadecimal', 'zzline\n', 'ERR_BAD_FRAME'],
    ['bytes that are not UTF-8', Uint8Array.of(0x30, 0x31, 0xff, 0x0a), 'ERR_BAD_UTF8'],
  ])(
    '%s closes its own link with a reason; the session goes on, and so does everyone else',
    async (_, bytes, code) => {
      const bad = await up('bad');
      const conn = await server.client('bad');
      const error = new Promise((resolve) => conn.on('peerError', resolve));
      const pending = conn.write('pending');
      await bad.hears('00pending\n');
      bad.says(bytes);
      expect(await error).toMatchObject({ name: 'PeerError', code });
      await bad.gone();
      await exchange();

      const back = await up('bad');
      await back.hears('00pending\n');
      back.says('00\n05after\n');
      await pending;
      expect(await conn.readline()).toBe('after');
      expect(conn.stats).toMatchObject({ protocolErrors: 1, outages: 1 });
    },
  );

  it('a line that is too long closes the link before its end has come', async () => {
    const bad = await up('bad');
    const error = new Promise((resolve) => server.get('bad').on('peerError', resolve));
    bad.says(`01${'x'.repeat(64 * 1024 + 1)}`);
    expect(await error).toMatchObject({ code: 'ERR_LINE_TOO_LONG' });
    await bad.gone();
  });

  it('a bad line that is repeated indefinitely is acked and dropped the third time, so that the link goes on', async () => {
    const errors: unknown[] = [];
    for (let time = 1; time <= 3; time++) {
      const bad = await up('bad');
      if (time === 1) server.get('bad').on('peerError', (error) => errors.push(error));
      bad.says(Uint8Array.of(0x30, 0x37, 0xff, 0x0a));
      if (time < 3) await bad.gone();
      else {
        await bad.hears('07\n');
        bad.says('08good\n');
        expect(await server.get('bad').readline()).toBe('good');
      }
    }
    expect(errors).toHaveLength(3);
  });

  it('acks for nothing, repeats and any number of keepalives are no bad input', async () => {
    const odd = await up('odd');
    odd.says(`aa\n07\n${'\n'.repeat(100_000)}01line\n01line\n`);
    expect(await server.get('odd').readline()).toBe('line');
    await odd.hears('01\n');
    expect(server.get('odd').stats).toMatchObject({ protocolErrors: 0, received: 1 });
  });
});

describe('a client that takes more than its share', () => {
  it('floods with lines that are not read: they are held and then refused, and memory stays bounded', async () => {
    const flood = await up('flood');
    const line = 'x'.repeat(1000);
    let wrote = 0;
    for (let n = 1; n <= 20_000; n++) {
      flood.says(`${(((n - 1) % 255) + 1).toString(16).padStart(2, '0')}${line}\n`);
      wrote += 1;
      if (n % 1000 === 0) await exchange();
    }
    expect(wrote).toBe(20_000);
    // 512 lines or 512 KiB, whichever is less, are held at the most.
    expect(server.get('flood').stats.received).toBeLessThanOrEqual(512);
  });

  it('never reads what it is sent: others are served all the same', async () => {
    const deaf = await up('deaf');
    const conn = await server.client('deaf');
    deaf.socket.pause();
    for (let n = 0; n < 5000; n++) void conn.write('x'.repeat(1000), { qos: false });
    for (let n = 0; n < 20; n++) await exchange();
  });

  it('sends its hello a byte at a time: others are served all the same', async () => {
    const slow = await Board.dial(server);
    boards.push(slow);
    for (const byte of 'a slow hello') {
      slow.says(byte);
      await exchange();
    }
  });
});
