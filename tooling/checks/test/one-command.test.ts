/** The commands of the page on the command `iot`, in order, as they are there; servers listen on free ports. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as client from '@iot/client';
import { snippets } from '@iot/vitest-config/readme';
import { expect, it } from 'vitest';
import { readDocument } from '../src/markdown.js';
import { serve, Shell } from './iot-shell.js';

const PAGE = 'docs/guide/14-one-command.md';
const { code } = readDocument(PAGE);
const blocks = code.filter(({ lang }) => lang === 'sh').map((block) => block.text.trim());
const commands = blocks.flatMap((block) => block.split('\n'));
const [board, ...otherSnippets] = snippets(new URL(`../../../${PAGE}`, import.meta.url));

it('the page has no command and no snippet that is not run here', () => {
  expect(otherSnippets).toEqual([]);
  expect(commands).toEqual([
    'npm install --global @iot/cli',
    'iot serve --show-lines',
    'iot ls',
    'iot stats',
    "iot send cellar 'fan on'",
    `echo '{"fan": "off"}' | iot send cellar`,
    'iot tail cellar',
    'iot outages cellar',
    'iot keys add cellar',
    'iot keys add attic',
    'iot keys list',
    'iot keys revoke attic',
    'iot serve --no-plain --psk-file keys.psk',
    'iot serve --config iot.yaml --print-config',
    'iot serve --config iot.yaml',
    'iot serve --mqtt mqtt://127.0.0.1:1883',
    'iot board --count 20 --every 2s',
    'iot chaos --listen 9000 --to 127.0.0.1:8123 --every 30s --for 2s --kind stall',
    'iot board --count 20 --every 2s --for 2m --port 9000',
    'iot doctor',
  ]);
});

it('the server prints what the board says, and the board gets what is sent', async () => {
  const shell = new Shell();
  const { server, port } = await serve(shell, commands[1]!);
  const heard: unknown[] = [];
  const connect = (options: client.ConnectOptions) => client.connect({ ...options, port, timeout: 60_000 });
  const running = board!.run({
    modules: { '@iot/client': { ...client, connect } },
    globals: { console: { log: (line: unknown) => heard.push(line) } },
  });
  await server.until(/^cellar \{"temperature":21\.5\}$/m);
  expect(await shell.run(commands[2]!)).toMatch(/^cellar +up /m);
  expect(await shell.run(commands[3]!)).toMatch(/^ *1 +lines received$/m);
  const tail = shell.start(commands[6]!);
  await tail.until(/following/);
  expect(await shell.run(commands[4]!)).toBe('acked by "cellar"\n');
  await running;
  expect(heard).toEqual(['fan on']);
  await tail.until(/ cellar sent fan on$/m);
  await tail.until(/ cellar down /m);
  // The next board with this id is there for the second line.
  const next = connect({ id: 'cellar', host: '127.0.0.1' });
  await next.ready();
  expect(await shell.run(commands[5]!)).toBe('acked by "cellar"\n');
  expect(await next.readline()).toBe('{"fan": "off"}');
  expect(await shell.run(commands[7]!)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +cellar +\w+ +\d+ s/m);
  await next.close();
  await tail.end();
  await server.end();
});

it('keys are made, listed and revoked, and the server takes those that are left', async () => {
  const shell = new Shell();
  const [, key] = /^cellar:([\da-f]{64})$/m.exec(await shell.run(commands[8]!))!;
  await shell.run(commands[9]!);
  expect(await shell.run(commands[10]!)).toBe('cellar\nattic\n');
  await shell.run(commands[11]!);
  expect(readFileSync(join(shell.folder, 'keys.psk'), 'utf8')).toBe(`cellar:${key!}\n`);
  const { server, port } = await serve(shell, commands[12]!);
  const psk = { key: Buffer.from(key!, 'hex') };
  await using cellar = client.connect({
    id: 'cellar',
    host: '127.0.0.1',
    port,
    timeout: 60_000,
    tls: { psk },
  });
  await cellar.ready();
  await server.end();
});

it('the file has settings, which are printed and are those of a server', async () => {
  const shell = new Shell();
  const yaml = code.find(({ lang }) => lang === 'yaml')!.text;
  writeFileSync(join(shell.folder, 'iot.yaml'), yaml);
  expect(JSON.parse(await shell.run(commands[13]!))).toMatchObject({
    store: './store',
    expected: ['cellar', 'attic'],
  });
  await (await serve(shell, commands[14]!)).server.end();
  expect(await shell.run('iot store verify ./store')).toMatch(/^whole: 0 sessions/);
});

it('the server listens for boards, whether the broker is there or not', async () => {
  await (await serve(new Shell(), commands[15]!)).server.end();
});

it('simulated boards lose no line, beside the proxy and through it, and doctor finds no problem', async () => {
  const shell = new Shell();
  const { server, port } = await serve(shell, commands[1]!);
  const soon = '--every 50ms --lines 2 --timeout 60000';
  expect(await shell.run(`${commands[16]!} ${soon} --port ${port}`)).toMatch(
    /^lines acked +40\nnot acked +0$/m,
  );
  const chaos = shell.start(commands[17]!.replace('9000', '0').replace('8123', String(port)));
  const [, ofProxy] = await chaos.until(/listening on 127\.0\.0\.1:(\d+),/);
  const through = commands[18]!.replace('--port 9000', `${soon} --id far --port ${ofProxy!}`);
  expect(await shell.run(through)).toMatch(/^lines acked +40\nnot acked +0$/m);
  await chaos.end();
  const found = await shell.run(`${commands[19]!} --timeout 60000 --port ${port}`);
  expect(found).toMatch(/^ok +protocol: it speaks version 2 of the protocol$/m);
  expect(found).not.toMatch(/^problem/m);
  await server.end();
});
