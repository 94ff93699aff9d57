/** Boards without TLS, whose connections stunnel passes on over TLS with one key, set up as the guide says. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { connect, type Client } from '@iot/client';
import * as server from '@iot/server';
import { makeKey, openKeys } from '@iot/server/keys';
import { Authority } from '@iot/vitest-config/certificates';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { ownPort, type OwnPort } from '@iot/vitest-config/ports';
import { snippets } from '@iot/vitest-config/readme';
import { expect, it, onTestFinished } from 'vitest';

const HOST = '127.0.0.1';
const TIMEOUT = 5000;
const GUIDE = new URL('../../../docs/guide/10-who-may-connect.md', import.meta.url);

/** A file of keys with one for the boards at the workshop. */
function keyFile(): string {
  const path = join(temporaryFolder(), 'keys.psk');
  writeFileSync(path, `workshop:${makeKey().toString('hex')}\n`, { mode: 0o600 });
  return path;
}

/** Starts stunnel as the guide says, for these addresses. Rejects when it cannot be run. */
async function startStunnel(front: OwnPort, serverPort: number, keys: string): Promise<void> {
  const [, text] = /```ini\n([^]*?)```/.exec(await readFile(GUIDE, 'utf8'))!;
  const configuration = text!
    .replace('10.9.0.1:8123', `${front.host}:${front.port}`)
    .replace('192.168.0.41:8124', `${HOST}:${serverPort}`)
    .replace('/etc/stunnel/workshop.psk', keys);
  const path = join(temporaryFolder(), 'stunnel.conf');
  writeFileSync(path, `foreground = yes\npid =\n${configuration}`);
  const stunnel = spawn('stunnel', [path], { stdio: 'ignore' });
  await once(stunnel, 'spawn').catch((cause: unknown) => {
    throw new Error('this test needs stunnel (the Debian package stunnel4)', { cause });
  });
  onTestFinished(async () => {
    stunnel.kill('SIGKILL');
    if (stunnel.exitCode === null) await once(stunnel, 'close');
  });
}

/** A board that speaks plain TCP to stunnel, and waits for it to listen. */
function board(id: string, front: OwnPort): Client {
  const client = connect({ id, ...front, timeout: TIMEOUT, badServer: () => undefined });
  onTestFinished(() => client.close());
  return client;
}

it('boards behind stunnel have the ids that the server allows to its key, and no others', async () => {
  const [front, keys] = [await ownPort(), keyFile()];
  let start: (running: server.Server) => void;
  const started = new Promise<server.Server>((resolve) => (start = resolve));
  const listen = async ({ tls, ...options }: server.ListenOptions) => {
    const running = await server.listen({
      ...options,
      host: HOST,
      timeout: TIMEOUT,
      tls: { ...tls!, port: 0 },
    });
    onTestFinished(() => running.close());
    start(running);
    return running;
  };
  const printed: unknown[] = [];
  const [snippet] = snippets(GUIDE).filter(({ heading }) => heading === 'Boards without TLS');
  const serving = snippet!.run({
    modules: {
      '@iot/server': { ...server, listen },
      '@iot/server/keys': { openKeys: () => openKeys(keys) },
    },
    globals: { console: { log: (line: unknown) => printed.push(line) } },
  });
  const running = await started;
  const refused = running.once('refused');
  await startStunnel(front, running.tlsAddress!.port, keys);
  board('9', front);
  expect(await refused).toEqual(['wrong-id', '9', HOST, 'its certificate or key is for "workshop"']);
  await board('7', front).write('from board 7');
  await serving;
  expect(printed).toEqual(['from board 7']);
});

it('stunnel passes nothing on to a server that has a certificate in place of the key', async () => {
  const impostor = createServer(new Authority().issue({ name: 'server', names: [HOST] }), (socket) => {
    socket.write('handshake done');
  });
  impostor.listen(0, HOST);
  onTestFinished(() => void impostor.close());
  await once(impostor, 'listening');
  const front = await ownPort();
  const { port } = impostor.address() as AddressInfo;
  await startStunnel(front, port, keyFile());
  const failed = once(impostor, 'tlsClientError');
  const accepted = once(impostor, 'secureConnection').then(() => 'accepted');
  board('7', front);
  expect(await Promise.race([failed.then(([error]) => (error as Error).message), accepted])).toMatch(
    /no shared cipher/,
  );
});
