import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seededScript, type Script } from '../src/index.js';
import { stepText } from '../src/cli/words.js';
import { Bench } from './bench.js';
import { CliProcess } from './cli-process.js';
import { Peer } from './peer.js';

/** `--to` of the bench's own proxy: as good a server as any. */
function to({ proxy }: Bench): string[] {
  return ['--to', `${proxy.host}:${proxy.port}`];
}

async function withScript<T>(script: Script, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'fault-proxy-'));
  try {
    const file = join(folder, 'script.json');
    await writeFile(file, JSON.stringify(script));
    return await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

it.each(['SIGINT', 'SIGTERM'] as const)('tells a line for each event; %s ends it cleanly', async (signal) => {
  await using bench = await Bench.start();
  await using cli = new CliProcess('--listen', '127.0.0.1:0', ...to(bench));
  const at = await cli.listening();
  const arrived = bench.proxy.nextLink();
  const client = Peer.dial(at);
  await arrived;
  client.socket.end('01hi\n');
  await cli.line(/^link 1 stands, from port \d+$/);
  bench.proxy.cut('fin');
  await cli.line(/^link 1 ended: closed by both sides; 5 B to the server, 0 B to the client$/);
  cli.kill(signal);
  expect(await cli.ended()).toBe(0);
  expect(cli.stderr).toBe('');
  expect(cli.lines.at(-1)).toBe('0 of 1 links, to server 5 B, to client 0 B');
});

it('plays a script, and tells its steps and what they did', async () => {
  const script: Script = [
    { at: 0, do: 'refuse' },
    { at: 0, do: 'stall', for: 1 },
    { at: 2 ** 31 - 1, do: 'heal' },
  ];
  await withScript(script, async (file) => {
    await using bench = await Bench.start();
    await using cli = new CliProcess(...to(bench), '--script', file);
    const at = await cli.listening();
    await cli.line(/^refuse$/);
    await cli.line(/^stall for 1$/);
    await cli.line(/^stall ends$/);
    const client = Peer.dial(at);
    await client.sees('close');
    expect(client.saw).toEqual(['ECONNRESET', 'close']);
    await cli.line(/^refused a connection from port \d+$/);
    cli.kill('SIGINT');
    expect(await cli.ended()).toBe(0);
    expect(cli.lines.at(-1)).toBe('0 of 0 links, to server 0 B, to client 0 B, refusals 1');
  });
});

it('ends at once, though bytes wait for a delay of days', async () => {
  await withScript([{ at: 0, do: 'delay', ms: 2 ** 31 - 1, direction: 'toServer' }], async (file) => {
    await using bench = await Bench.start();
    await using cli = new CliProcess(...to(bench), '--script', file);
    await cli.line(/^the last step is done/);
    const pair = await bench.pair(await cli.listening());
    pair.client.socket.write('held');
    for (let round = 1; round <= 10; round++) {
      pair.server.socket.write('.');
      await pair.client.receives(round);
    }
    cli.kill('SIGINT');
    expect(await cli.ended()).toBe(0);
    expect(cli.lines.at(-1)).toBe('0 of 1 links, to server 0 B, to client 10 B, delayed 1');
  });
});

it('says when a script is over, and goes on', async () => {
  await withScript([{ at: 0, do: 'drop', direction: 'toServer' }], async (file) => {
    await using bench = await Bench.start();
    await using cli = new CliProcess(...to(bench), '--script', file);
    await cli.listening();
    await cli.line(/^drop to the server$/);
    await cli.line(/^the last step is done; the proxy goes on$/);
    const arrived = bench.proxy.nextLink();
    Peer.dial(await cli.listening());
    await Promise.all([arrived, cli.line(/^link 1 stands/)]);
    bench.proxy.cut('rst');
    await cli.line(
      /^link 1 ended: reset by the server \(ECONNRESET\); 0 B to the server, 0 B to the client$/,
    );
  });
});

it('plays the script of a seed', async () => {
  const [first] = seededScript(7, { durationMs: 3_600_000 });
  await using bench = await Bench.start();
  await using cli = new CliProcess(...to(bench), '--seed', '7');
  await cli.line(new RegExp(`^${stepText(first!, 'begins')}$`));
});

it('ends when nobody reads its output any more', async () => {
  await using bench = await Bench.start();
  await using cli = new CliProcess(...to(bench));
  const at = await cli.listening();
  cli.closeStdout();
  Peer.dial(at); // what it says of this link cannot be said
  expect(await cli.ended()).toBe(0);
});

it('says in one line that the port is in use', async () => {
  await using bench = await Bench.start();
  const listen = `127.0.0.1:${bench.proxy.port}`;
  await using cli = new CliProcess('--listen', listen, '--to', '127.0.0.1:1');
  expect(await cli.ended()).toBe(1);
  expect(cli.stderr).toBe(`error: cannot listen on ${listen}: the port is in use\n`);
  expect(cli.lines).toEqual([]);
});

it('says in one line what is wrong with an option', async () => {
  await using cli = new CliProcess('--to', 'nowhere');
  expect(await cli.ended()).toBe(2);
  expect(cli.stderr).toBe(
    "error: option '--to <host:port>' argument 'nowhere' is invalid. It must be host:port, the port from 1 to 65535.\n",
  );
});

it('helps, in the words of the README', async () => {
  await using cli = new CliProcess('--help');
  expect(await cli.ended()).toBe(0);
  expect(cli.lines[0]).toBe('Usage: proxy [options]');
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(cli.lines.join('\n'));
});
