import {
  at,
  anyPortSuite,
  commandSuite,
  envFile,
  holdPort,
  Program,
  serverSuite,
  startServer,
} from '@iot/app-kit/testing';
import { ownPort } from '@iot/vitest-config/ports';
import { describe, expect, it } from 'vitest';
import { programs } from '../programs.js';

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
      expectQuietEnd((await server.interrupted(signal)).stdout);
      await holdPort(own);
      client.process.kill('SIGKILL');
    },
  );

  serverSuite('start', /client "seven" from \S+ is none of 1, 2, 3, 4/);
  anyPortSuite('start');
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
    const { server, there } = await startServer('start', ONE_LINE);
    const client = new Program('client', [...there, ...ONE_LINE]);
    await client.printed(/^sent \[1,0,\d+\]$/m);
    expectQuietEnd((await client.interrupted(signal)).stdout);
    await server.printed(/client 1 {2}link down, until it comes back/);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends it with exit code 0, without a server too',
    async (signal) => {
      const client = new Program('client', at(await ownPort()));
      await client.printed(/Trying again/);
      await client.interrupted(signal);
    },
  );

  it('takes its settings from the environment and from a file', async () => {
    const { host, port } = await ownPort();
    const env = { SERVER: host, PORT: String(port) };
    const file = envFile("MY_ID = '3'\nSERVER = 'nowhere.invalid'\n");
    const client = new Program('client', ['--env-file', file], { env });
    await client.printed(new RegExp(`client 3 of the server at ${host}:${port}`));
  });
});

commandSuite(
  Object.keys(programs),
  ['--env-file', 'missing-file'],
  /^error: option '--env-file <path>' argument 'missing-file' is invalid\. It cannot be read \(ENOENT\)\.$/m,
);
