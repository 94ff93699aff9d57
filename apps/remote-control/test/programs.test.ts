import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  anyPortSuite,
  at,
  commandSuite,
  holdPort,
  keyFile,
  Program,
  serverSuite,
  startServer as startProgram,
  TLS_ALONE,
  tlsSuite,
} from '@iot/app-kit/testing';
import { ownPort } from '@iot/vitest-config/ports';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { programs } from '../programs.js';

/** So long that a busy machine is not taken for an outage: these tests end links. */
const STEADY = ['--timeout', '60000'];

async function startServer(): Promise<{ server: Program; there: string[] }> {
  const { server, there } = await startProgram('server', STEADY);
  return { server, there: [...there, ...STEADY] };
}

describe('server', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends it with exit code 0, and its port is free',
    async (signal) => {
      const own = await ownPort();
      const there = [...at(own), ...STEADY];
      const server = new Program('server', there);
      await server.printed(/listening on port/);
      const clients = [new Program('tx', there), new Program('rx', there)];
      await server.printed(/rx {2}both clients are here/);
      expect((await server.interrupted(signal)).stdout).not.toMatch(/link down/);
      await holdPort(own);
      for (const client of clients) client.process.kill('SIGKILL');
    },
  );

  serverSuite('server', /client "seven" from \S+ is not tx or rx/);
  anyPortSuite('server');
  tlsSuite('server', 'tx');
});

describe('tx and rx', () => {
  it('a line of standard input is a press, and rx shows the LED', async () => {
    const { server, there } = await startServer();
    const tx = new Program('tx', there);
    const rx = new Program('rx', there);
    await rx.printed(/LED ○ off\n/);
    tx.type('\n');
    await rx.printed(/LED ● on\n/);
    tx.type('anything\n');
    await rx.printed(/LED ● on\nLED ○ off\n/);
    await tx.printed(/button on\nbutton off\n/);
    await server.printed(/tx {2}is on\ntx {2}is off\n/);
  });

  it('go over TLS with keys', async () => {
    const keys = ['--psk-file', keyFile('tx', 'rx').path, ...STEADY];
    const server = new Program('server', [...TLS_ALONE, ...keys]);
    const [, port] = await server.printed(/listening on port (\d+) with TLS/);
    const there = ['--host', '127.0.0.1', '--port', port!, ...keys];
    const tx = new Program('tx', there);
    const rx = new Program('rx', there);
    tx.type('\n');
    await rx.printed(/LED ● on\n/);
  });

  it('tx goes on when its standard input ends', async () => {
    const { there } = await startServer();
    const rx = new Program('rx', there);
    const tx = new Program('tx', there);
    tx.process.stdin!.end('\n');
    await rx.printed(/LED ● on\n/);
    await tx.interrupted();
  });

  it('tx presses its button by itself when told to', async () => {
    const { there } = await startServer();
    const rx = new Program('rx', there);
    const tx = new Program('tx', [...there, '--every', '10']);
    await rx.printed(/LED ● on\nLED ○ off\nLED ● on\n/);
    await tx.interrupted();
  });

  it.each(['tx', 'rx'] as const)('%s says that there is no server, and that it tries again', async (name) => {
    const there = at(await ownPort());
    const client = new Program(name, there);
    await client.printed(/ECONNREFUSED.*Trying again until it answers\.\n/);
    new Program('server', there);
    await client.printed(/link up\n/);
  });

  it.each(['tx', 'rx'] as const)('%s says nothing of the link that ends with it', async (name) => {
    const { server, there } = await startServer();
    const clients = { tx: new Program('tx', there), rx: new Program('rx', there) };
    await server.printed(/rx {2}both clients are here/);
    await clients[name].printed(/link up\n/);
    expect((await clients[name].interrupted()).stdout).not.toMatch(/link down/);
    await server.printed(new RegExp(`${name} {2}link down, until it comes back\n`));
  });

  it.each([
    ['tx', 'SIGINT'],
    ['tx', 'SIGTERM'],
    ['rx', 'SIGINT'],
    ['rx', 'SIGTERM'],
  ] as const)('%s ends with exit code 0 on %s, without a server too', async (name, signal) => {
    const client = new Program(name, at(await ownPort()));
    await client.printed(/Trying again/);
    await client.interrupted(signal);
  });
});

describe('GPIO', () => {
  it.each([
    ['tx', '--gpio-button'],
    ['rx', '--gpio-led'],
  ] as const)('%s %s says in one line that the package is missing', async (name, option) => {
    const { code, stdout, stderr } = await new Program(name, [option, 'gpiochip0:17']).outcome;
    expect(stderr).toMatch(
      /^error: GPIO needs the package node-libgpiod \(it is not installed\): see README\.md .*\n$/,
    );
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  it('with it, a real button switches a real LED', async () => {
    const folder = withStandIn();
    const { there } = await startServer();
    const rx = new Program('rx', [...there, '--gpio-led', 'gpiochip0:18'], { folder });
    const tx = new Program('tx', [...there, '--gpio-button', 'gpiochip0:GPIO17'], { folder });
    await rx.printed(/gpiochip0:18 = 0\n/);
    writeFileSync(join(folder, 'level'), '1');
    await rx.printed(/gpiochip0:18 = 1\n/);
    await tx.printed(/button on\n/);
    writeFileSync(join(folder, 'level'), '0');
    await rx.printed(/= 1\ngpiochip0:18 = 0\n/);
    for (const client of [tx, rx]) await client.interrupted();
    await tx.printed(/gpiochip0:GPIO17 released\n/);
    await rx.printed(/gpiochip0:18 = 0\ngpiochip0:18 released\n/);
  });
});

/** The programs with a `node-libgpiod` beside them: it reads from a file, and prints what it is told. */
function withStandIn(): string {
  const folder = mkdtempSync(fileURLToPath(new URL('../node_modules/.board-', import.meta.url)));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  cpSync(inject('programs'), folder, { recursive: true });
  const module = join(folder, 'node_modules', 'node-libgpiod');
  mkdirSync(module, { recursive: true });
  writeFileSync(join(folder, 'level'), '0');
  writeFileSync(join(module, 'package.json'), '{ "main": "index.js" }');
  writeFileSync(
    join(module, 'index.js'),
    `const { readFileSync } = require('node:fs');
     const { join } = require('node:path');
     class Chip {
       constructor(id) { this.id = id; }
     }
     class Line {
       static RequestFlags = { ACTIVE_LOW: 4, BIAS_PULL_UP: 32 };
       constructor(chip, id) { this.name = chip.id + ':' + id; }
       requestInputModeFlags() {}
       requestOutputMode() {}
       getValue() { return Number(readFileSync(join(__dirname, '..', '..', 'level'), 'utf8')); }
       setValue(value) { console.log(this.name + ' = ' + value); }
       release() { console.log(this.name + ' released'); }
     }
     module.exports = { Chip, Line };`,
  );
  return folder;
}

commandSuite(Object.keys(programs), ['--prot', '1'], /^error: unknown option '--prot'$/m);
