import { connect } from '@iot/client';
import { listen } from '@iot/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { programs } from '../programs.js';
import { at, holdPort, Program } from '@iot/app-kit/testing';
import { ownPort } from '@iot/vitest-config/ports';

const LOOPBACK = ['--host', '127.0.0.1'];
/** So long that a busy machine is not taken for an outage: these tests end links. */
const TIMEOUT = 60_000;
const QUICK = ['--timeout', String(TIMEOUT), '--interval', '10', '--report', '1'];

describe.each(['standard', 'fast'])('server and client in %s mode', (mode) => {
  it('send the messages of the original and find nothing wrong', async () => {
    const server = new Program('server', [...LOOPBACK, ...QUICK, '--port', '0', '--mode', mode]);
    const [, port] = await server.printed(/listening on port (\d+) for client qos/);
    const client = new Program('client', [...LOOPBACK, ...QUICK, '--port', port!, '--mode', mode]);
    await client.printed(/^sent \[20,1,\d+,0,0,0,\d+\]$/m);
    await client.printed(/^got {2}\[20,20\]$/m);
    await server.printed(/^sent \[20,20\]$/m);
    await server.printed(/^got {2}\[20,1,\d+,0,0,0,\d+\]$/m);
    const clean = 'duplicates 0 here, 0 at the peer; missing 0 here, 0 at the peer';
    await server.printed(new RegExp(`^uptime 0\\.00 h, outages 0; ${clean}.*; reboots of the peer 0`, 'm'));
    await client.printed(/^uptime 0\.00 h, outages 0; duplicates 0; missing 0.*; reboots of the peer 0$/m);
  });
});

it('the server takes a board, and sees that it starts again', async () => {
  const server = new Program('server', [...LOOPBACK, ...QUICK, '--port', '0']);
  const [, port] = await server.printed(/listening on port (\d+)/);
  for (const life of [1, 2]) {
    const board = connect({ id: 'qos', host: '127.0.0.1', port: Number(port), timeout: TIMEOUT });
    onTestFinished(() => board.close());
    for (const id of [0, 1, 2]) await board.write(`[${id}, ${life}, 21${life}84, 0, 0, 0, ${id * 7}]`);
    await board.close();
  }
  await server.printed(/reboots of the peer 1, its uptime 0\.00 h/);
});

it('the server goes on after a line that is no message', async () => {
  const server = new Program('server', [...LOOPBACK, ...QUICK, '--port', '0', '--quiet']);
  const [, port] = await server.printed(/listening on port (\d+)/);
  const board = connect({ id: 'qos', host: '127.0.0.1', port: Number(port), timeout: TIMEOUT });
  onTestFinished(() => board.close());
  await board.write('hello');
  await board.write('[0, 1, 21000, 5, 0]');
  await server.printed(/got what is no message of the test: "hello"/);
  await server.printed(/duplicates 0 here, 5 at the peer/);
});

it('the client takes the server of the original', async () => {
  await using server = await listen({ port: 0, host: '127.0.0.1', timeout: TIMEOUT });
  const client = new Program('client', [...LOOPBACK, ...QUICK, '--port', String(server.address.port)]);
  const conn = await server.client('qos');
  await conn.write('[0, 0]');
  await conn.write('[2, 2]');
  expect(JSON.parse(await conn.readline())).toHaveLength(7);
  await client.printed(/missing 0 \(1 not here yet\)/);
});

describe('ends and errors', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends both with exit code 0 and a last report; the port is free',
    async (signal) => {
      const own = await ownPort();
      const server = new Program('server', [...at(own), ...QUICK]);
      await server.printed(/listening on port/);
      const client = new Program('client', [...at(own), ...QUICK]);
      await server.printed(/^got/m);
      client.process.kill(signal);
      const ended = await client.outcome;
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout).toMatch(/^uptime .* reboots of the peer 0$/m);
      expect(ended.stdout).not.toMatch(/link down/);
      await server.printed(/^link down, until it comes back$/m);
      server.process.kill(signal);
      expect(await server.outcome).toMatchObject({ code: 0, stderr: '' });
      await holdPort(own);
    },
  );

  it('the server says nothing of the link that ends with it', async () => {
    const server = new Program('server', [...LOOPBACK, ...QUICK, '--port', '0']);
    const [, port] = await server.printed(/listening on port (\d+)/);
    const client = new Program('client', [...LOOPBACK, ...QUICK, '--port', port!]);
    await server.printed(/^got/m);
    server.process.kill('SIGINT');
    expect((await server.outcome).stdout).not.toMatch(/link down/);
    await client.printed(/^link down, until it comes back$/m);
  });

  it('the server ends while it still waits for its client', async () => {
    const server = new Program('server', [...LOOPBACK, '--port', '0']);
    await server.printed(/listening/);
    server.process.kill('SIGINT');
    expect(await server.outcome).toMatchObject({ code: 0, stderr: '' });
  });

  it('the server says in one line that its port is taken', async () => {
    const port = await holdPort();
    const { code, stderr } = await new Program('server', [...LOOPBACK, '--port', String(port)]).outcome;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: cannot listen on port \d+ \(EADDRINUSE\): .*another port\n$/);
  });

  it('the client says that it was refused, tries again, and ends on Ctrl-C', async () => {
    const client = new Program('client', at(await ownPort()));
    await client.printed(/^cannot connect to .*ECONNREFUSED.*Trying again until it answers\.$/m);
    client.process.kill('SIGINT');
    expect(await client.outcome).toMatchObject({ code: 0, stderr: '' });
  });

  it('the server warns of a client that nobody serves', async () => {
    const server = new Program('server', [...LOOPBACK, '--port', '0']);
    const [, port] = await server.printed(/listening on port (\d+)/);
    const client = connect({ id: 'seven', host: '127.0.0.1', port: Number(port) });
    onTestFinished(() => client.close());
    await server.printed(/client "seven" is not qos: nobody serves it/);
  });

  const names = Object.keys(programs) as (keyof typeof programs)[];

  it.each(names)('%s ends a usage error with one line, the usage and exit code 2', async (name) => {
    const { code, stdout, stderr } = await new Program(name, ['--timeout', '1']).outcome;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: option '--timeout <ms>' argument '1' is invalid\. .*\n\nUsage: /);
  });

  it.each(names)('%s prints its help', async (name) => {
    const { code, stdout, stderr } = await new Program(name, ['--help']).outcome;
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: ${name} \\[options\\]\n`));
    expect(stderr).toBe('');
  });
});
