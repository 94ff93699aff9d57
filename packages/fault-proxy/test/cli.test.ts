import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandSuite, holdPort, Program } from '@iot/app-kit/testing';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { expect, it } from 'vitest';
import { seededScript, type Script } from '../src/index.js';
import { stepText } from '../src/cli/words.js';
import { Bench } from './bench.js';
import { Peer } from './peer.js';

/** `--to` of the bench's own proxy: as good a server as any. */
function to({ proxy }: Bench): string[] {
  return ['--to', `${proxy.host}:${proxy.port}`];
}

function scriptFile(script: Script): string[] {
  const file = join(temporaryFolder(), 'script.json');
  writeFileSync(file, JSON.stringify(script));
  return ['--script', file];
}

/** Starts it; resolves with where it listens. */
async function start(...args: string[]) {
  const cli = new Program('iot-fault-proxy', args);
  const [, host = '', port] = await cli.printed(/ {2}listening on ([\d.]+):(\d+), the server is /);
  return { cli, at: { host, port: Number(port) } };
}

/** The line that it prints last. */
async function lastLine(cli: Program, signal?: 'SIGINT' | 'SIGTERM'): Promise<string> {
  const { stdout } = await cli.interrupted(signal);
  return stdout
    .trimEnd()
    .split(/\n *[\d.]+ {2}/)
    .at(-1)!;
}

it.each(['SIGINT', 'SIGTERM'] as const)(
  'prints a line for each event; %s ends it cleanly',
  async (signal) => {
    await using bench = await Bench.start();
    const { cli, at } = await start('--listen', '127.0.0.1:0', ...to(bench));
    const arrived = bench.proxy.nextLink();
    const client = Peer.dial(at);
    await arrived;
    client.socket.end('01hi\n');
    await cli.printed(/ {2}link 1 is up, from port \d+\n/);
    bench.proxy.cut('fin');
    await cli.printed(/ {2}link 1 ended: closed by both sides; 5 B to the server, 0 B to the client\n/);
    expect(await lastLine(cli, signal)).toBe('0 of 1 links, to server 5 B, to client 0 B');
  },
);

it('plays a script, and prints its steps and what they did', async () => {
  await using bench = await Bench.start();
  const script = scriptFile([
    { at: 0, do: 'refuse' },
    { at: 0, do: 'stall', for: 1 },
    { at: 2 ** 31 - 1, do: 'heal' },
  ]);
  const { cli, at } = await start(...to(bench), ...script);
  await cli.printed(/ {2}refuse\n/);
  await cli.printed(/ {2}stall for 1\n/);
  await cli.printed(/ {2}stall ends\n/);
  const client = Peer.dial(at);
  await client.sees('close');
  expect(client.saw).toEqual(['ECONNRESET', 'close']);
  await cli.printed(/ {2}refused a connection from port \d+\n/);
  expect(await lastLine(cli)).toBe('0 of 0 links, to server 0 B, to client 0 B, refusals 1');
});

it('ends at once, though bytes wait for a delay of days', async () => {
  await using bench = await Bench.start();
  const script = scriptFile([{ at: 0, do: 'delay', ms: 2 ** 31 - 1, direction: 'toServer' }]);
  const { cli, at } = await start(...to(bench), ...script);
  await cli.printed(/ {2}the last step is done/);
  const pair = await bench.pair(at);
  pair.client.socket.write('held');
  for (let round = 1; round <= 10; round++) {
    pair.server.socket.write('.');
    await pair.client.receives(round);
  }
  expect(await lastLine(cli)).toBe('0 of 1 links, to server 0 B, to client 10 B, delayed 1');
});

it('says when a script is over, and goes on', async () => {
  await using bench = await Bench.start();
  const script = scriptFile([{ at: 0, do: 'drop', direction: 'toServer' }]);
  const { cli, at } = await start(...to(bench), ...script);
  await cli.printed(/ {2}drop to the server\n/);
  await cli.printed(/ {2}the last step is done; the proxy continues\n/);
  const arrived = bench.proxy.nextLink();
  Peer.dial(at);
  await Promise.all([arrived, cli.printed(/ {2}link 1 is up/)]);
  bench.proxy.cut('rst');
  await cli.printed(
    / {2}link 1 ended: reset by the server \(ECONNRESET\); 0 B to the server, 0 B to the client\n/,
  );
});

it('plays the script of a seed', async () => {
  const [first] = seededScript(7, { durationMs: 3_600_000 });
  await using bench = await Bench.start();
  const { cli } = await start(...to(bench), '--seed', '7');
  await cli.printed(new RegExp(` {2}${stepText(first!, 'begins')}\n`));
});

it('cuts every link again and again, and refuses new ones in between', async () => {
  await using bench = await Bench.start();
  const { cli, at } = await start(...to(bench), '--every', '50ms', '--for', '20ms');
  await cli.printed(/ {2}refuse\n.* {2}cut how rst\n.* {2}heal\n.* {2}refuse\n/s);
  const cut = cli.printed(/ {2}link \d+ ended: cut \(rst\)/).then(() => true);
  const dialled = () => Peer.dial(at).sees('close'); // refused, or cut by the next round
  while ((await Promise.race([cut, dialled()])) !== true);
  expect(await lastLine(cli)).toMatch(/cuts \d/);
});

it('ends when the reader of its output has gone', async () => {
  await using bench = await Bench.start();
  const { cli, at } = await start(...to(bench));
  cli.process.stdout!.destroy();
  Peer.dial(at); // what it says of this link cannot be said
  expect(await cli.outcome).toMatchObject({ code: 0 });
});

it('says in one line that the port is in use', async () => {
  const listen = `127.0.0.1:${await holdPort()}`;
  const { outcome } = new Program('iot-fault-proxy', ['--listen', listen, '--to', '127.0.0.1:1']);
  const stderr = `error: cannot listen on ${listen}: the port is in use\n`;
  expect(await outcome).toEqual({ code: 1, stdout: '', stderr });
});

it('helps, in the words of the README', async () => {
  const { stdout } = await new Program('iot-fault-proxy', ['--help']).outcome;
  expect(readFileSync('README.md', 'utf8')).toContain(stdout.trimEnd());
});

commandSuite(
  ['iot-fault-proxy'],
  ['--to', 'nowhere'],
  /^error: option '--to <host:port>' argument 'nowhere' is invalid\. It must be host:port, the port from 1 to 65535\.$/m,
);
