import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program } from '@iot/app-kit/testing';
import { bundle } from '@iot/app-kit/testing/bundle';
import { listen, type ListenOptions, type Server } from '@iot/server';
import { Authority } from '@iot/vitest-config/certificates';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const WIRES = ['--bus', '1', '--syn', 'gpiochip0:17', '--ack', 'gpiochip0:27'];
const NATIVE = ['i2c-bus', 'node-libgpiod'];

/** Two installations of the command: one beside the packages that replace the native ones, one without. */
let equipped: string;
let bare: string;

beforeAll(async () => {
  equipped = await install(NATIVE);
  bare = await install([]);
});

afterAll(async () => {
  await Promise.all([equipped, bare].map((folder) => rm(folder, { recursive: true })));
});

async function install(packages: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'iot-i2c-bridge-'));
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const standIns = packages.map((name) => [`node_modules/${name}/index`, here(`native/${name}.ts`)] as const);
  const entry = { 'iot-i2c-bridge': here('../../src/cli/main.ts'), ...Object.fromEntries(standIns) };
  await bundle(entry, folder);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  for (const name of packages) {
    await mkdir(join(folder, 'node_modules', name), { recursive: true });
    await writeFile(
      join(folder, 'node_modules', name, 'package.json'),
      '{ "type": "module", "main": "index.js" }',
    );
  }
  return folder;
}

function start(args: readonly string[], env: Record<string, string> = {}, folder = equipped): Program {
  return new Program('iot-i2c-bridge', args, { folder, env });
}

async function startServer(options: ListenOptions = {}): Promise<Server> {
  const server = await listen({ host: '127.0.0.1', port: 0, ...options });
  onTestFinished(() => server.close());
  return server;
}

describe('the command', () => {
  it('joins a board to its server, and Ctrl-C closes all in order', async () => {
    const server = await startServer();
    const bridge = start([...WIRES, '--reset', 'gpiochip0:22'], { BOARD_PORT: String(server.address.port) });
    await bridge.printed(/waiting for the board on I2C bus 1, syn \S+:17, ack \S+:27, reset \S+:22\n/);
    const board = await server.client('garden');
    expect(await board.readline()).toBe('hello from the board');
    await board.write('hello from the server');
    await bridge.printed(/board: heard hello from the server\n/);
    bridge.process.kill('SIGINT');
    expect(await bridge.outcome).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'waiting for the board on I2C bus 1, syn gpiochip0:17, ack gpiochip0:27, reset gpiochip0:22',
        'the board is there',
        `client "garden" of "127.0.0.1" port ${server.address.port}`,
        'the server is up',
        'board: heard hello from the server',
        'stopped',
        'the server is down',
        '',
      ].join('\n'),
    });
  });

  it('goes on with the same link to the server when the board resets it', async () => {
    const server = await startServer();
    const bridge = start([...WIRES, '--reset', 'gpiochip0:22'], { BOARD_PORT: String(server.address.port) });
    const board = await server.client('garden');
    await board.readline();
    bridge.process.kill('SIGUSR2');
    await bridge.printed(/the channel ended: .*reset this unit.*\n(?:.*\n)*the board is there\n.* goes on\n/);
    await board.write('still there?');
    await bridge.printed(/board: heard still there\?\n/);
    expect(board.connects).toBe(1);
    bridge.process.kill('SIGTERM');
    expect(await bridge.outcome).toMatchObject({ code: 0, stderr: '' });
  });

  it('talks to the server over TLS, with the key of the board', async () => {
    const key = randomBytes(32);
    const psk = (identity: string) => (identity === 'garden' ? key : undefined);
    const server = await startServer({ port: false, tls: { port: 0, psk } });
    const env = { BOARD_PORT: String(server.address.port), IOT_I2C_PSK: key.toString('hex') };
    const bridge = start(WIRES, env);
    expect(await (await server.client('garden')).readline()).toBe('hello from the board');
    const { stdout } = await bridge.interrupted();
    expect(stdout).not.toContain(env.IOT_I2C_PSK);
  });

  it('talks to the server over TLS, with the certificate of the board', async () => {
    const authority = new Authority();
    const certificate = authority.issue({ name: 'server', names: ['127.0.0.1'] });
    const tls = { port: 0, ...certificate, ca: authority.ca };
    const server = await startServer({ port: false, tls });
    const texts = { ...authority.issue({ name: 'garden' }), ca: authority.ca };
    const files = Object.entries(texts).map(([name, text]) => {
      const path = join(bare, name);
      writeFileSync(path, text);
      return [`--tls-${name}`, path];
    });
    const bridge = start([...WIRES, ...files.flat()], { BOARD_PORT: String(server.address.port) });
    expect(await (await server.client('garden')).readline()).toBe('hello from the board');
    await bridge.interrupted();
  });

  it('looks after WiFi when it is asked to, and says when there is none', async () => {
    const bridge = start([...WIRES, '--wifi'], { BOARD_PORT: '1', PATH: '/nowhere' });
    await bridge.printed(/stopped until the board resets this end: .*nmcli/);
    bridge.process.kill('SIGTERM');
    expect(await bridge.outcome).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes its settings from the environment too', async () => {
    const env = {
      IOT_I2C_BUS: '1',
      IOT_I2C_SYN: 'gpiochip0:17',
      IOT_I2C_ACK: 'gpiochip0:27',
      BOARD_PORT: '1',
    };
    const bridge = start([], env);
    await bridge.printed(/syn gpiochip0:17, ack gpiochip0:27, no reset\n/);
    bridge.process.kill('SIGTERM');
    expect(await bridge.outcome).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('the command fails with one line and exit code 1', () => {
  it('when the native packages are not there', async () => {
    expect(await start(WIRES, {}, bare).outcome).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'error: GPIO needs the package node-libgpiod (it is not installed): npm install node-libgpiod@0.5; README.md lists what it needs\n',
    });
  });

  it('when a file of TLS is not there', async () => {
    expect(await start([...WIRES, '--tls-ca', '/nowhere']).outcome).toMatchObject({
      code: 1,
      stdout: '',
      stderr: "error: ENOENT: no such file or directory, open '/nowhere'\n",
    });
  });

  it('when the bus is not there', async () => {
    expect(await start([...WIRES, '--bus', '7']).outcome).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^error: cannot use I2C bus 7 \(ENOENT: .*\): is I2C switched on, and .*\n$/,
      ) as string,
    });
  });

  it('when a line goes away while it runs', async () => {
    const bridge = start([...WIRES, '--reset', 'gpiochip0:99'], { BOARD_PORT: '1' });
    expect(await bridge.outcome).toMatchObject({
      code: 1,
      stderr: 'error: a GPIO line can no longer be read (ENODEV, ::getValue)\n',
    });
  });

  it.each([
    ['with a reset wire', ['--reset', 'gpiochip0:22']],
    ['without', []],
  ])('when the adapter is unplugged while the server is up, %s', async (_, more) => {
    const server = await startServer();
    const bridge = start([...WIRES, ...more], { BOARD_PORT: String(server.address.port) });
    await (await server.client('garden')).readline();
    bridge.process.kill('SIGUSR1');
    expect(await bridge.outcome).toMatchObject({
      code: 1,
      stderr: 'error: a GPIO line can no longer be read (ENODEV, ::getValue)\n',
    });
  });
});

it('the command ends with one line and exit code 2 when it is used wrongly', async () => {
  expect(await start(['--bus', '1'], {}, bare).outcome).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error: --syn or IOT_I2C_SYN is needed (see --help)\n',
  });
});

it('the command prints its help, and needs no native package for that', async () => {
  const { code, stdout, stderr } = await start(['--help'], {}, bare).outcome;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^Usage: iot-i2c-bridge --bus <number>/);
});
