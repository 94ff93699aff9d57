import {
  at,
  commandSuite,
  dial,
  holdPort,
  keyFile,
  Program,
  serve,
  serverSuite,
  startServer,
  TLS_ALONE,
  tlsSuite,
} from '@iot/app-kit/testing';
import { ownPort } from '@iot/vitest-config/ports';
import { describe, expect, it } from 'vitest';
import { programs } from '../programs.js';

/** So long a timeout that a busy machine is not taken for an outage: these tests end links. */
const QUICK = ['--timeout', '60000', '--interval', '10', '--report', '1'];

describe.each(['standard', 'fast'])('server and client in %s mode', (mode) => {
  it('send the messages of the original and find nothing wrong', async () => {
    const { server, there } = await startServer('server', [...QUICK, '--mode', mode]);
    await server.printed(/listening on port \d+ for client qos/);
    const client = new Program('client', [...there, ...QUICK, '--mode', mode]);
    await client.printed(/^sent \[20,1,\d+,0,0,0,\d+\]$/m);
    await client.printed(/^got {2}\[20,20\]$/m);
    await server.printed(/^sent \[20,20\]$/m);
    await server.printed(/^got {2}\[20,1,\d+,0,0,0,\d+\]$/m);
    const clean = 'duplicates 0 here, 0 at the peer; missing 0 here, 0 at the peer';
    await server.printed(new RegExp(`^uptime 0\\.00 h, outages 0; ${clean}.*; reboots of the peer 0`, 'm'));
    await client.printed(/^uptime 0\.00 h, outages 0; duplicates 0; missing 0.*; reboots of the peer 0$/m);
  });
});

tlsSuite('server', 'qos');

it('server and client go over TLS with keys', async () => {
  const keys = ['--psk-file', keyFile('qos').path, ...QUICK];
  const server = new Program('server', [...TLS_ALONE, ...keys]);
  const [, port] = await server.printed(/listening on port (\d+) with TLS/);
  const client = new Program('client', ['--host', '127.0.0.1', '--port', port!, ...keys]);
  await client.printed(/^got {2}\[20,20\]$/m);
});

it('the server takes a board, and sees that it starts again', async () => {
  const { server, port } = await startServer('server', QUICK);
  for (const run of [1, 2]) {
    const board = dial(port, { id: 'qos' });
    for (const id of [0, 1, 2]) await board.write(`[${id}, ${run}, 21${run}84, 0, 0, 0, ${id * 7}]`);
    await board.close();
  }
  await server.printed(/reboots of the peer 1, its uptime 0\.00 h/);
});

it('the server goes on after a line that is not a message', async () => {
  const { server, port } = await startServer('server', [...QUICK, '--quiet']);
  const board = dial(port, { id: 'qos' });
  await board.write('hello');
  await board.write('[0, 1, 21000, 5, 0]');
  await server.printed(/got a line that is not a message of the test: "hello"/);
  await server.printed(/duplicates 0 here, 5 at the peer/);
});

it('the client takes the server of the original', async () => {
  const server = await serve();
  const client = new Program('client', [...at({ host: '127.0.0.1', port: server.address.port }), ...QUICK]);
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
      const ended = await client.interrupted(signal);
      expect(ended.stdout).toMatch(/^uptime .* reboots of the peer 0$/m);
      expect(ended.stdout).not.toMatch(/link down/);
      await server.printed(/^link down, until it comes back$/m);
      await server.interrupted(signal);
      await holdPort(own);
    },
  );

  it('the server says nothing of the link that ends with it', async () => {
    const { server, there } = await startServer('server', QUICK);
    const client = new Program('client', [...there, ...QUICK]);
    await server.printed(/^got/m);
    expect((await server.interrupted()).stdout).not.toMatch(/link down/);
    await client.printed(/^link down, until it comes back$/m);
  });

  it('the server ends while it still waits for its client', async () => {
    const { server } = await startServer('server');
    await server.interrupted();
  });

  it('the client says that it was refused, tries again, and ends on Ctrl-C', async () => {
    const client = new Program('client', at(await ownPort()));
    await client.printed(/^cannot connect to .*ECONNREFUSED.*Trying again until it answers\.$/m);
    await client.interrupted();
  });

  serverSuite('server', /client "seven" from \S+ is not qos: it is not served here/);
});

commandSuite(
  Object.keys(programs),
  ['--timeout', '1'],
  /^error: option '--timeout <ms>' argument '1' is invalid\. .*$/m,
);
