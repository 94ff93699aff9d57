import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { at, holdPort, Program } from '@iot/app-kit/testing';
import { ownPort } from '@iot/vitest-config/ports';

const LOOPBACK = ['--host', '127.0.0.1'];
/** So long that a busy machine is not taken for an outage: these tests end links. */
const STEADY = ['--timeout', '60000'];
const QUICK = [...STEADY, '--interval', '10'];
/** One line, and then a pause of an hour: longer than a test may take. */
const ONE_LINE = [...STEADY, '--interval', '3600000'];

/** Nothing of a line that never went out, and nothing of a link that ends with the program. */
function expectQuietEnd(stdout: string): void {
  expect(stdout.match(/sent \[/g)).toHaveLength(1);
  expect(stdout).not.toMatch(/link down/);
}

describe('start', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends it at once with exit code 0, and its port is free',
    async (signal) => {
      const own = await ownPort();
      const server = new Program('start', [...at(own), ...ONE_LINE]);
      await server.printed(/listening on port/);
      const client = new Program('client', [...at(own), ...QUICK]);
      await server.printed(/client 1 {2}got {2}\[1,0,\d+\]/);
      await server.printed(/client 1 {2}sent \[0,/);
      server.process.kill(signal);
      const ended = await server.outcome;
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expectQuietEnd(ended.stdout);
      await holdPort(own);
      client.process.kill('SIGKILL');
    },
  );

  it('says in one line that its port is taken', async () => {
    const port = await holdPort();
    const server = new Program('start', [...LOOPBACK, '--port', String(port)]);
    const { code, stderr } = await server.outcome;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: cannot listen on port \d+ \(EADDRINUSE\): .*another port\n$/);
  });

  it('takes another port when it may', async () => {
    const port = await holdPort();
    const server = new Program('start', [...LOOPBACK, '--port', String(port), '--any-port']);
    const [, other] = await server.printed(/listening on port (\d+)/);
    expect(Number(other)).not.toBe(port);
  });

  it('warns of a client that nobody serves', async () => {
    const { connect } = await import('@iot/client');
    const server = new Program('start', [...LOOPBACK, '--port', '0']);
    const [, port] = await server.printed(/listening on port (\d+)/);
    const client = connect({ id: 'seven', host: '127.0.0.1', port: Number(port) });
    onTestFinished(() => client.close());
    await server.printed(/client "seven" from \S+ is none of 1, 2, 3, 4/);
  });
});

describe('client', () => {
  it('prints what it gets, and comes back when the server does', async () => {
    const there = at(await ownPort());
    const client = new Program('client', [...there, ...QUICK, '--id', '4']);
    await client.printed(/ECONNREFUSED.*Trying again until it answers/);
    const server = new Program('start', [...there, ...QUICK]);
    await client.printed(/^got {2}\[0,0,0\]$/m);
    server.process.kill('SIGINT');
    await client.printed(/link down/);
    new Program('start', [...there, ...QUICK]);
    await client.printed(/link up again \(link 2\)/);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s ends it at once with exit code 0', async (signal) => {
    const server = new Program('start', [...LOOPBACK, ...ONE_LINE, '--port', '0']);
    const [, port] = await server.printed(/listening on port (\d+)/);
    const client = new Program('client', [...LOOPBACK, ...ONE_LINE, '--port', port!]);
    await client.printed(/^sent \[1,0,\d+\]$/m);
    client.process.kill(signal);
    const ended = await client.outcome;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expectQuietEnd(ended.stdout);
    await server.printed(/client 1 {2}link down, until it comes back/);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends it with exit code 0, without a server too',
    async (signal) => {
      const client = new Program('client', at(await ownPort()));
      await client.printed(/Trying again/);
      client.process.kill(signal);
      expect(await client.outcome).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it('takes its settings from the environment and from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'demo-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    writeFileSync(join(folder, 'local.py'), "MY_ID = '3'\nSERVER = 'nowhere.invalid'\n");
    const { host, port } = await ownPort();
    const env = { SERVER: host, PORT: String(port) };
    const client = new Program('client', ['--env-file', join(folder, 'local.py')], { env });
    await client.printed(new RegExp(`client 3 of the server at ${host}:${port}`));
  });
});

describe('every program', () => {
  const names = ['start', 'client', 'demo'] as const;

  it.each(names)('%s ends a usage error with one line, the usage and exit code 2', async (name) => {
    const { code, stdout, stderr } = await new Program(name, ['--env-file', 'no-such-file']).outcome;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^error: option '--env-file <path>' argument 'no-such-file' is invalid\. It cannot be read \(ENOENT\)\.\n\nUsage: /,
    );
  });

  it.each(names)('%s prints its help', async (name) => {
    const { code, stdout, stderr } = await new Program(name, ['--help']).outcome;
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: ${name} \\[options\\]\n`));
    expect(stderr).toBe('');
  });
});
