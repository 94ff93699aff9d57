import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, HOST, keyFile, Program, serve } from '@iot/app-kit/testing';
import { SeededRandom, startFaultProxy } from '@iot/fault-proxy';
import type { Connection, ListenOptions } from '@iot/server';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { ownPort } from '@iot/vitest-config/ports';
import { expect, it } from 'vitest';
import type { FleetCounts } from '../src/board/fleet.js';
import { Histogram } from '../src/board/histogram.js';
import { readings } from '../src/board/readings.js';
import { iot } from './iot.js';

/** A server that reads everything. */
async function reader(options: ListenOptions = {}) {
  const server = await serve(options);
  const lines = new Map<string, string[]>();
  server.on('client', (conn: Connection) => {
    const own: string[] = [];
    lines.set(conn.id, own);
    void (async () => {
      for await (const line of conn) own.push(line);
    })();
  });
  return { server, lines, address: { host: HOST, port: server.address.port } };
}

function iotBoard(args: readonly string[], to: { host: string; port: number }): Program {
  return new Program('iot', ['board', ...at(to), '--timeout', '60000', ...args]);
}

/** Ctrl-C. */
const stopped = async (board: Program) => {
  board.process.kill('SIGINT');
  const outcome = await board.outcome;
  expect(outcome.code).toBe(0);
  return outcome;
};

const counted = async (board: Program): Promise<FleetCounts> => {
  const { code, stdout, stderr } = await board.outcome;
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as FleetCounts;
};

it('a fleet of 20 boards loses no line through a proxy that cuts its links', async () => {
  const { lines, address } = await reader();
  await using proxy = await startFaultProxy({ to: address });
  let links = 0;
  proxy.on('link', () => {
    links += 1;
    if (links % 20 === 0 && links <= 60) proxy.cut('rst');
  });
  const fleet = iotBoard(['--count', '20', '--every', '50ms', '--lines', '40', '--json'], proxy);
  const counts = await counted(fleet);
  expect(counts).toMatchObject({ boards: 20, everUp: 20, written: 800, acked: 800 });
  expect(counts.outages).toBeGreaterThanOrEqual(20);
  expect(lines.size).toBe(20);
  const all = Array.from({ length: 40 }, (_, index) => index + 1);
  for (const [id, own] of lines) {
    expect(id).toMatch(/^board-\d+$/);
    expect(own.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(all);
  }
});

it.each([1, 2])('a board speaks version %s of the protocol when it is told to', async (version) => {
  const server = await serve();
  const args = ['--id', 'cellar', '--every', '10ms', '--version', String(version)];
  const board = iotBoard(args, { host: HOST, port: server.address.port });
  const conn = await server.client('cellar');
  expect(JSON.parse(await conn.readline())).toMatchObject({ n: 1 });
  expect(conn.stats.protocol).toBe(version);
  const { stdout, stderr } = await stopped(board);
  expect(stderr).toBe('cellar is up\n');
  expect(stdout).toMatch(
    /^boards +1\nup at the end +1\nlines written +\d+\nlines acked +\d+\nnot acked +0\n/,
  );
});

it('a board sends the lines of a script again and again', async () => {
  const { lines, address } = await reader();
  const script = join(temporaryFolder(), 'lines');
  writeFileSync(script, 'one\n\ntwo\r\nthree');
  await counted(iotBoard(['--every', '1ms', '--lines', '4', '--script', script, '--json'], address));
  expect(lines.get('board')).toEqual(['one', 'two', 'three', 'one']);
});

it('a board prints what arrives without its control characters, and sends it back when it is told to', async () => {
  const server = await serve();
  const board = iotBoard(['--every', '1h', '--echo'], { host: HOST, port: server.address.port });
  const conn = await server.client('board');
  await conn.write('are you\x07 there?');
  expect(await conn.readline()).toBe('are you\x07 there?');
  const { stderr } = await stopped(board);
  expect(stderr).toBe('board is up\nboard got are you\\u0007 there?\n');
});

it('a board with a key talks to a server that has its key', async () => {
  const { path, keyOf } = keyFile('cellar');
  const { server } = await reader({ tls: { port: 0, psk: keyOf } });
  const to = { host: HOST, port: server.tlsAddress!.port };
  const board = iotBoard(
    ['--id', 'cellar', '--every', '1ms', '--lines', '3', '--psk-file', path, '--json'],
    to,
  );
  expect(await counted(board)).toMatchObject({ written: 3, acked: 3 });
});

it('boards that reach no server say so once, with exit code 3', async () => {
  const port = await ownPort();
  const board = iotBoard(['--count', '3', '--for', '300ms'], port);
  const { code, stdout, stderr } = await board.outcome;
  expect(stderr.match(/ECONNREFUSED/g)).toHaveLength(1);
  expect(stderr).toMatch(
    /\nerror: no board has reached the server \([^\n]*\): run iot doctor to find out why\n$/,
  );
  expect(stdout).toMatch(/^not acked +[0-3]$/m);
  expect(code).toBe(3);
});

it.each([
  [
    '--count 0',
    "option '--count <number>' argument '0' is invalid. It must be a whole number from 1 to 10000.",
  ],
  [
    '--every 5',
    "option '--every <time>' argument '5' is invalid. It must be a time like 500ms, 5s, 2m or 1h",
  ],
  ['--version 3', "option '--version <1|2>' argument '3' is invalid. It must be a whole number from 1 to 2."],
  ['--script nowhere', '--script: nowhere cannot be read (ENOENT)'],
  ['--psk-file nowhere', 'nowhere cannot be opened (ENOENT)'],
  ['--id=', 'an id cannot be empty'],
])('board %s is one line and exit code 2', async (args, message) => {
  const { code, stdout, stderr } = await iot('board', ...args.split(' '));
  expect(stderr).toMatch(/^error: [^\n]*\n$/);
  expect(stderr).toContain(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

it('the readings of a seed are the same each time, and plausible', () => {
  const [one, other] = [readings(new SeededRandom(7)), readings(new SeededRandom(7))];
  for (let n = 1; n <= 1000; n++) {
    const reading = JSON.parse(one(n)) as { temperature: number; n: number };
    expect(JSON.parse(other(n))).toEqual(reading);
    expect(reading.n).toBe(n);
    expect(reading.temperature).toBeGreaterThan(10);
    expect(reading.temperature).toBeLessThan(32);
  }
});

it('a histogram gives the median and the longest of what it has counted', () => {
  const histogram = new Histogram();
  expect(histogram.quantile(0.5)).toBeUndefined();
  for (let ms = 1; ms <= 1000; ms++) histogram.add(ms);
  expect(histogram.quantile(0.5)).toBeGreaterThanOrEqual(500);
  expect(histogram.quantile(0.5)).toBeLessThan(525);
  expect(histogram.quantile(1)).toBe(1000);
  histogram.add(0);
  expect(histogram.quantile(0)).toBe(0);
});
