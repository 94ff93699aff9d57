import { at, HOST, keyFile, Program, serve } from '@iot/app-kit/testing';
import type { Connection } from '@iot/server';
import { ownPort } from '@iot/vitest-config/ports';
import { expect, it } from 'vitest';
import type { RoundResult } from '../src/qos/round.js';
import { iot } from './iot.js';

/** Of both ends. A stall lasts until it is noticed, and there are twelve. */
const SOON = ['--timeout', '400'];

async function echoing(...args: string[]) {
  const program = new Program('iot', ['qos', 'serve', '--host', HOST, '--port', '0', ...args]);
  const [, port] = await program.said(/listening on port (\d+)/);
  return { program, to: { host: HOST, port: Number(port) } };
}

const client = (to: { host: string; port: number }, ...args: string[]) =>
  new Program('iot', ['qos', 'client', ...at(to), ...args]);

it('qos: each line comes back once, in both versions of the protocol, through outages of every kind', async () => {
  const { to } = await echoing(...SOON);
  const { code, stdout, stderr } = await client(to, ...SOON, '--lines', '120', '--outages', '1', '--json')
    .outcome;
  expect(code, stderr).toBe(0);
  const results = JSON.parse(stdout) as RoundResult[];
  const kept = { lines: 120, acked: 120, back: 120, lost: 0, twice: 0, outOfOrder: 0 };
  expect(results).toMatchObject([
    { version: 1, wait: true, ...kept },
    { version: 1, wait: false, ...kept },
    { version: 2, wait: true, ...kept },
    { version: 2, wait: false, ...kept },
  ]);
  for (const { outages } of results) expect(outages).toBeGreaterThanOrEqual(5);
});

it('qos prints a table, and works with the keys of a client', async () => {
  const { path } = keyFile('tester');
  const { to, program } = await echoing('--no-plain', '--tls-port', '0', '--psk-file', path);
  const args = ['--id', 'tester', '--psk-file', path, '--version', '2', '--lines', '20', '--outages', '0'];
  const { code, stdout, stderr } = await client(to, ...args).outcome;
  expect(stderr).toMatch(
    /^version 2, lines in order: each line came back once\nversion 2, lines that may overtake: .*\n$/,
  );
  expect(stdout.split('\n').slice(0, 2)).toEqual([
    '   version     order     lines     acked      back      lost     twice unordered   outages   repeats   lines/s',
    expect.stringMatching(/^ {9}2 {6}kept( {8}20){3}( {9}0){4} +\d+ +\d+$/),
  ]);
  expect(code).toBe(0);
  program.process.kill('SIGINT');
  expect(await program.outcome).toMatchObject({ code: 0 });
});

/** A server that sends back what this makes of each line. */
async function wrongServer(back: (line: string) => readonly string[]) {
  const server = await serve();
  server.on('client', (conn: Connection) => {
    void (async () => {
      for await (const line of conn) for (const each of back(line)) await conn.write(each);
    })();
  });
  return { host: HOST, port: server.address.port };
}

it('qos finds a server that sends a line back twice, and ends with exit code 1', async () => {
  const to = await wrongServer((line) => (line.endsWith(' 7') ? [line, line] : [line]));
  const args = ['--version', '2', '--lines', '20', '--outages', '0', '--json'];
  const { code, stdout, stderr } = await client(to, ...args).outcome;
  expect(JSON.parse(stdout)).toMatchObject([{ twice: 1 }, { twice: 1 }]);
  expect(stderr).toMatch(/\nerror: in 2 of 2 rounds a line was lost, came twice or out of order\n$/);
  expect(code).toBe(1);
});

it('qos says in one line that there is no server, with exit code 3', async () => {
  const { code, stdout, stderr } = await client(await ownPort(), '--timeout', '100').outcome;
  expect(stderr).toMatch(/^error: [^\n]*\n$/);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
});

it.each([
  ['client --lines 0', "option '--lines <number>' argument '0' is invalid"],
  ['client --version 3', "option '--version <1|2>' argument '3' is invalid"],
  ['client --psk-file nowhere', 'nowhere cannot be opened (ENOENT)'],
  ['serve --port http', "option '--port <number>' argument 'http' is invalid"],
])('qos %s is one line and exit code 2', async (args, message) => {
  const { code, stdout, stderr } = await iot('qos', ...args.split(' '));
  expect(stderr).toMatch(/^error: [^\n]*\n$/);
  expect(stderr).toContain(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});
