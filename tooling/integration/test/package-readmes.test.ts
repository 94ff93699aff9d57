import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as client from '@iot/client';
import * as server from '@iot/server';
import { openKeys } from '@iot/server/keys';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { snippets, type SnippetWorld } from '@iot/vitest-config/readme';
import { expect, it } from 'vitest';
import { NmcliStandIn } from '../../../packages/client/test/nmcli-stand-in.js';

const KEY = randomBytes(32);

const of = (name: string) => snippets(new URL(`../../../packages/${name}/README.md`, import.meta.url));

it.each(of('client'))('the snippet of the client on line $line runs', async (snippet) => {
  const tls = { port: 0, psk: (identity: string) => (identity === '1' ? KEY : undefined) };
  await using running = await server.listen({ port: 0, host: '127.0.0.1', tls });
  const heard: string[] = [];
  running.on('client', (connection) => {
    void connection.write('hello');
    void connection.write('bye');
    connection.readline().then(
      (line) => heard.push(line),
      () => undefined,
    );
  });
  const portFor = ({ tls: secure }: client.ConnectOptions) =>
    (secure === undefined ? running.address : running.tlsAddress!).port;
  const connect = (options: client.ConnectOptions) =>
    client.connect({ ...options, host: '127.0.0.1', port: portFor(options), networkStableMs: 0 });
  using standIn = new NmcliStandIn();
  const networkManager = (options: client.NetworkManagerOptions) =>
    client.networkManager({ ...options, nmcli: standIn.path });
  const { world, printed } = talking({ '@iot/client': { ...client, connect, networkManager } });
  await snippet.run(world);
  expect(running.has('1')).toBe(true);
  if (snippet.code.includes('logger')) expect(printed).toEqual(['info the link is up', 'info closed']);
  if (!snippet.code.includes('for await')) return;
  expect(heard).toEqual(['{"temperature":21.5}']);
  expect(printed).toEqual(['up', 'hello', 'bye', 'down']);
});

const [serving, authorizing, withKeys, ...untested] = of('server');

it('the README of the server has no snippet that is not run', () => {
  expect(untested).toEqual([]);
});

it('the server that authorizes lets one client in and refuses one that is revoked', async () => {
  const clients: client.Client[] = [];
  const { world, printed } = talking({});
  const listen = async (options: server.ListenOptions) => {
    const running = await server.listen({ ...options, port: 0, host: '127.0.0.1' });
    const dial = (id: string) => {
      const it = client.connect({ id, host: '127.0.0.1', port: running.address.port });
      clients.push(it);
      return it;
    };
    running.on('refused', () => void dial('1'));
    dial('7');
    return running;
  };
  await authorizing!.run({ ...world, modules: { '@iot/server': { ...server, listen } } });
  expect(printed).toEqual(['refused 7: not-authorized, revoked, and comes from 127.0.0.1']);
  for (const it of clients) await it.close();
});

it('the server with keys serves a client, and ends its link when its key is changed', async () => {
  const file = join(temporaryFolder(), 'keys.psk');
  const keyIs = (key: Buffer) => writeFileSync(file, `1:${key.toString('hex')}\n`, { mode: 0o600 });
  keyIs(KEY);
  let hangUp: () => void;
  const { world, printed } = talking({});
  const process = { on: (_: 'SIGHUP', listener: () => void) => (hangUp = listener) };
  let started: (at: number) => void;
  const port = new Promise<number>((resolve) => (started = resolve));
  const listen = async (options: server.ListenOptions) => {
    const tls = { ...options.tls, port: 0 } as server.TlsListenOptions;
    const running = await server.listen({ ...options, host: '127.0.0.1', tls });
    started(running.tlsAddress!.port);
    return running;
  };
  const dial = async (key: Buffer) =>
    client.connect({ id: '1', host: '127.0.0.1', port: await port, tls: { psk: { key } } });
  const modules = {
    '@iot/server': { ...server, listen },
    '@iot/server/keys': { openKeys: () => openKeys(file) },
  };
  const finished = withKeys!.run({ globals: { ...world.globals, process }, modules });
  const old = await dial(KEY);
  await old.ready();
  const renewed = randomBytes(32);
  keyIs(renewed);
  const down = old.once('state');
  hangUp!();
  expect(await down).toEqual([false]);
  await old.close();
  const board = await dial(renewed);
  await board.write('hello');
  await finished;
  expect(printed).toEqual(['hello']);
  await board.close();
});

it('the server of the README serves its client', async () => {
  let board: client.Client | undefined;
  const heard: string[] = [];
  const listen = async (options: server.ListenOptions) => {
    const running = await server.listen({ ...options, port: 0, host: '127.0.0.1' });
    board = client.connect({ id: '1', host: '127.0.0.1', port: running.address.port });
    void board.write('21.5').then(() => board?.write('bye'));
    void board.readline().then((line) => heard.push(line));
    return running;
  };
  const { world, printed } = talking({ '@iot/server': { ...server, listen } });
  await serving!.run(world);
  await board?.close();
  expect(heard).toEqual(['on']);
  expect(printed).toEqual(['1 says 21.5', '1 says bye']);
});

function talking(modules: NonNullable<SnippetWorld['modules']>): { world: SnippetWorld; printed: string[] } {
  const printed: string[] = [];
  return {
    printed,
    world: {
      modules,
      globals: {
        console: { log: (...parts: unknown[]) => printed.push(parts.join(' ')) },
        process: { env: { KEY: KEY.toString('hex') } },
      },
    },
  };
}
