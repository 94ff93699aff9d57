/** What a server reports of all its clients, without a listener on any of them. */
import { describe, expect, it, vi } from 'vitest';
import { listen, type ListenOptions, type Server } from '../src/index.js';
import { Board, withVirtualTime } from './board.js';

withVirtualTime();

/** A server, and what it reports of its clients. */
async function observed(options: ListenOptions = {}): Promise<[Server, unknown[][]]> {
  const server = await listen({ port: 0, host: '127.0.0.1', timeout: 60_000, ...options });
  const told: unknown[][] = [];
  server.on('client', ({ id }) => told.push(['client', id]));
  server.on('up', ({ id }) => told.push(['up', id]));
  server.on('down', ({ id }, ...why) => told.push(['down', id, ...why]));
  server.on('gone', ({ id }) => told.push(['gone', id]));
  server.on('peerError', ({ id }, { code }) => told.push(['peerError', id, code]));
  return [server, told];
}

describe('the events of all clients', () => {
  it('say that a link came up, and why it went down', async () => {
    const [server, told] = await observed();
    await using _server = server;
    using board = await Board.up(server, '1');
    const ended = server.once('down');
    board.socket.end();
    await ended;
    using again = await Board.up(server, '1');
    const reset = server.once('down');
    again.socket.resetAndDestroy();
    await reset;
    expect(told).toEqual([
      ['client', '1'],
      ['up', '1'],
      ['down', '1', 'fin'],
      ['up', '1'],
      ['down', '1', 'reset'],
    ]);
  });

  it('say silence of a client that says nothing for a timeout', async () => {
    const [server, told] = await observed({ timeout: 1000 });
    await using _server = server;
    using _board = await Board.up(server, '1');
    const silent = server.once('down');
    vi.advanceTimersByTime(2000);
    await silent;
    expect(told.at(-1)).toEqual(['down', '1', 'silence']);
  });

  it('have the words in which a client that speaks version 2 said why', async () => {
    const [server, told] = await observed();
    await using _server = server;
    using board = await Board.dial(server);
    const down = server.once('down');
    board.says('1\n-2\n!closed going to sleep\n');
    await down;
    expect(told.at(-1)).toEqual(['down', '1', 'told', 'going to sleep']);
  });

  it('tell what a client did wrong before they tell that its link went down', async () => {
    const [server, told] = await observed();
    await using _server = server;
    using board = await Board.up(server, '1');
    const down = server.once('down');
    board.says('zz\n');
    await down;
    expect(told.slice(-2)).toEqual([
      ['peerError', '1', 'ERR_BAD_FRAME'],
      ['down', '1', 'protocol-error'],
    ]);
  });

  it('tell of a client that is closed while it is up that it went down, and then that it is gone', async () => {
    const [server, told] = await observed();
    using _board = await Board.up(server, '1');
    await server.forget('1');
    using _other = await Board.up(server, '2');
    await server.close();
    expect(told.slice(2)).toEqual([
      ['down', '1', 'closed'],
      ['gone', '1'],
      ['client', '2'],
      ['up', '2'],
      ['down', '2', 'closed'],
      ['gone', '2'],
    ]);
  });

  it('tell that a client is gone when it was down for forgetAfterMs, which their listeners do not prevent', async () => {
    const [server, told] = await observed({ forgetAfterMs: 60_000 });
    await using _server = server;
    server.on('line', () => undefined);
    using board = await Board.up(server, '1');
    const down = server.once('down');
    board.socket.end();
    await down;
    vi.advanceTimersByTime(60_000);
    expect(told.at(-1)).toEqual(['gone', '1']);
    expect(server.has('1')).toBe(false);
  });
});

describe('the event line', () => {
  it('has each line that the application reads, however it reads it, and each that it writes', async () => {
    const [server] = await observed();
    await using _server = server;
    const lines: unknown[] = [];
    server.on('line', ({ id }, ...line) => lines.push([id, ...line]));
    using board = await Board.up(server, '1');
    const connection = server.get('1');
    board.says('00read\n');
    expect(await connection.readline()).toBe('read');
    board.says('01looped\n');
    for await (const line of connection) if (line === 'looped') break;
    board.says('02as a message\n');
    for await (const { text } of connection.messages()) if (text === 'as a message') break;
    await expect(connection.write('no\nline')).rejects.toMatchObject({ code: 'ERR_BAD_LINE' });
    const written = connection.write('answer\n');
    await board.hears('00answer\n');
    board.says('00\n');
    await written;
    const ended: unknown = expect.any(Promise);
    const receivedAt: unknown = expect.any(Date);
    expect(lines).toEqual([
      ['1', 'received', 'read', ended, receivedAt],
      ['1', 'received', 'looped', ended, receivedAt],
      ['1', 'received', 'as a message', ended, receivedAt],
      ['1', 'sent', 'answer', ended],
    ]);
  });

  it('of a line received has when it arrived, and when the application is done with it', async () => {
    const [server] = await observed();
    await using _server = server;
    const ends: string[] = [];
    const arrived: number[] = [];
    server.on('line', (_connection, _direction, text, ended, receivedAt) => {
      arrived.push(receivedAt!.getTime());
      void ended.then(() => ends.push(text));
    });
    using board = await Board.up(server, '1');
    const connection = server.get('1');
    const sentAt = Date.now();
    board.says('00read\n01message\n');
    await board.hears('00\n01\n');
    const ackedAt = Date.now();
    vi.setSystemTime(ackedAt + 5000);
    await connection.readline();
    await Promise.resolve();
    expect(ends).toEqual(['read']);
    for await (const message of connection.messages()) {
      expect(ends).toEqual(['read']);
      message.done();
      break;
    }
    await Promise.resolve();
    expect(ends).toEqual(['read', 'message']);
    expect(arrived).toHaveLength(2);
    for (const at of arrived) expect(at >= sentAt && at <= ackedAt).toBe(true);
  });

  it('of a line that is written has how its write settles, in the call of write', async () => {
    const [server] = await observed();
    await using _server = server;
    const all: Promise<void>[] = [];
    server.on('line', (_connection, _direction, _text, ended) => all.push(ended));
    using board = await Board.up(server, '1');
    const connection = server.get('1');
    const acked = connection.write('acked');
    expect(all).toHaveLength(1);
    await board.hears('00acked\n');
    board.says('00\n');
    await acked;
    await expect(all[0]).resolves.toBeUndefined();
    const down = server.once('down');
    board.socket.end();
    await down;
    const ending = new AbortController();
    const given = connection.write('given up', { signal: ending.signal });
    ending.abort('no longer wanted');
    await expect(given).rejects.toBe('no longer wanted');
    await expect(all[1]).rejects.toBe('no longer wanted');
  });

  it('leaves a line that is not read to the application', async () => {
    const [server] = await observed();
    await using _server = server;
    const lines: unknown[] = [];
    server.on('line', (_connection, direction, text) => lines.push([direction, text]));
    using board = await Board.up(server, '1');
    const connection = server.get('1');
    board.says('00waits\n');
    await board.hears('00\n');
    expect([connection.unreadLines, lines]).toEqual([1, []]);
    expect(await connection.readline()).toBe('waits');
    expect([connection.unreadLines, lines]).toEqual([0, [['received', 'waits']]]);
  });
});

describe('the event acked', () => {
  it('has the time from the write to the ack, also over an outage, and leaves out lines without qos', async () => {
    const [server] = await observed();
    await using _server = server;
    const acks: unknown[] = [];
    server.on('acked', ({ id }, ms) => acks.push([id, ms]));
    using board = await Board.up(server, '1');
    const connection = server.get('1');
    const quick = connection.write('quick');
    await board.hears('00quick\n');
    vi.advanceTimersByTime(40);
    board.says('00\n');
    await quick;
    const down = server.once('down');
    board.socket.end();
    await down;
    const late = connection.write('late');
    vi.advanceTimersByTime(5000);
    using again = await Board.dial(server);
    again.says('1\n\n');
    await again.hears('01late\n');
    again.says('01\n');
    await late;
    await connection.write('no qos', { qos: false });
    expect(acks).toEqual([
      ['1', 40],
      ['1', 5000],
    ]);
  });
});

it('a connection counts the bytes of all its links, without the hello', async () => {
  const [server] = await observed();
  await using _server = server;
  using board = await Board.dial(server);
  board.says('1\n\n');
  await board.hears('\n');
  const connection = server.get('1');
  const before = [connection.bytesReceived, connection.bytesSent];
  board.says('00hello\n');
  await board.hears('00\n');
  board.socket.end();
  await server.once('down');
  expect(before).toEqual([1, 1]);
  expect([connection.bytesReceived, connection.bytesSent]).toEqual([9, 4]);
});
