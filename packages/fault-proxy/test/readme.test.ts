import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { snippets } from '@iot/vitest-config/readme';
import { expect, it } from 'vitest';
import * as faultProxy from '../src/index.js';

const README = new URL('../README.md', import.meta.url);

const PRINTED = [['hi\n', '3 bytes up, 3 down', 'link 1 ended: cut', 'read ECONNRESET'], []];

it.each(snippets(README).map((snippet, index) => ({ ...snippet, expected: PRINTED[index] })))(
  'the snippet on line $line runs',
  async ({ run, expected }) => {
    const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const printed: string[] = [];
    const console = { log: (text: string) => printed.push(text) };
    await run({ modules: { '@iot/fault-proxy': faultProxy }, globals: { port, console } });
    expect(printed).toEqual(expected);
    server.close();
    await once(server, 'close');
  },
);

it('shows script.example.json, word for word', () => {
  const script = readFileSync(new URL('script.example.json', import.meta.url), 'utf8');
  expect(readFileSync(README, 'utf8')).toContain(script);
});
