import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { Bench } from './bench.js';
import { example } from './readme.example.js';
import { harass } from './script.example.js';

it('runs the example of the README', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  expect(await example(server)).toEqual([
    'hi\n',
    '3 bytes up, 3 down',
    'link 1 ended: cut',
    'read ECONNRESET',
  ]);
  server.close();
  await once(server, 'close');
});

it('runs the script of the README', async () => {
  await using bench = await Bench.start();
  expect(await harass(bench.proxy.port, new AbortController().signal)).toBeGreaterThan(1);
});

it.each(['readme.example.ts', 'script.example.ts', 'script.example.json'])(
  'shows %s in the README, word for word',
  async (name) => {
    const [readme, source] = await Promise.all(
      ['../README.md', name].map((path) => readFile(new URL(path, import.meta.url), 'utf8')),
    );
    expect(readme).toContain(source?.replace('../src/index.js', '@iot/fault-proxy'));
  },
);
