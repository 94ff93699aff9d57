/** Behind HAProxy, which says by the PROXY protocol whose connections it forwards. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TlsConnectOptions } from '@iot/client';
import { listen, type ListenOptions } from '@iot/server';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { ownPort } from '@iot/vitest-config/ports';
import { expect, it, onTestFinished, vi } from 'vitest';

const HOST = '127.0.0.1';
const TIMEOUT = 5000;
/** From where the connections of the load balancer come: not from where its clients do. */
const PROXY = '127.0.0.9';
const key = randomBytes(32);

/** What the guide says that HAProxy needs, for these addresses. */
function configuration(front: string, back: string): string {
  const guide = readFileSync(new URL('../../../docs/guide/10-who-may-connect.md', import.meta.url), 'utf8');
  const [, text] = /```haproxy\n([^]*?)```/.exec(guide)!;
  return text!.replace(':8124', front).replace('10.0.0.7:8124', `${back} source ${PROXY}`);
}

/** Rejects when HAProxy cannot be run. */
async function startHaproxy(front: string, back: string): Promise<void> {
  const file = join(temporaryFolder(), 'haproxy.cfg');
  writeFileSync(file, configuration(front, back));
  const haproxy = spawn('haproxy', ['-db', '-f', file], {
    env: { PATH: `${process.env['PATH']}:/usr/sbin` },
    stdio: 'ignore',
  });
  await once(haproxy, 'spawn').catch((cause: unknown) => {
    throw new Error('this test needs haproxy (a Debian package)', { cause });
  });
  onTestFinished(async () => {
    haproxy.kill('SIGKILL');
    if (haproxy.exitCode === null) await once(haproxy, 'close');
  });
}

it.each<[string, ListenOptions, TlsConnectOptions | undefined]>([
  ['without TLS', { port: 0 }, undefined],
  ['over TLS', { port: false, tls: { port: 0, psk: () => key } }, { psk: { key } }],
])('a client behind HAProxy has its own address, %s', async (_, ports, tls) => {
  const server = await listen({ host: HOST, timeout: TIMEOUT, proxyProtocol: [PROXY], ...ports });
  onTestFinished(() => server.close());
  const refused = vi.fn();
  server.on('refused', refused);
  const front = await ownPort();
  await startHaproxy(`${front.host}:${front.port}`, `${HOST}:${server.address.port}`);
  const client = connect({ id: 'board', ...front, tls, timeout: TIMEOUT, badServer: () => undefined });
  onTestFinished(() => client.close());
  const conn = await server.client('board');
  expect(conn.remoteAddress).toBe('127.0.0.1');
  await Promise.all([client.write('up'), conn.write('down')]);
  expect([await conn.readline(), await client.readline()]).toEqual(['up', 'down']);
  expect(refused).not.toHaveBeenCalled();
});
