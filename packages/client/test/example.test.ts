import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { Authority } from '@iot/vitest-config/certificates';
import { ownPort } from '@iot/vitest-config/ports';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RawLink, RawServer } from './raw-server.js';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Replaces @iot/store-level, which is not a dependency of this package, and prints the calls of it. */
const STORE_LEVEL = `
export async function levelStore(folder) {
  if (folder === '/locked') throw new Error('/locked is in use');
  console.log('store: ' + folder);
  return {
    load: async () => undefined,
    append: async (_id, _expected, entries) => {
      for (const { kind, line } of entries) {
        if (kind === 'out') console.log('stored: ' + line);
        if (kind === 'withdrawn') console.log('dropped');
      }
      return 'ok';
    },
    read: async function* () {},
    trim: async () => undefined,
    ids: async function* () {},
    close: async () => console.log('store: closed'),
  };
}`;

let folder = '';
let sensor = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sensor-'));
  sensor = join(folder, 'sensor.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['examples/sensor.mjs'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@iot/source'],
    external: ['@iot/store-level'],
    outfile: sensor,
  });
  const package_ = join(folder, 'node_modules/@iot/store-level');
  await mkdir(package_, { recursive: true });
  await writeFile(join(package_, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
  await writeFile(join(package_, 'index.js'), STORE_LEVEL);
});
afterAll(() => rm(folder, { recursive: true }));

const start = (env: Record<string, string>) => {
  const child = spawn(process.execPath, [sensor], { env: { PATH: process.env['PATH'], ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { child, ended, output };
};

describe('the sensor to copy', () => {
  it('sends readings, does what the server says, and ends in order on SIGTERM', async () => {
    await using server = await RawServer.start();
    const next = server.next();
    const { child, ended, output } = start({
      SERVER: '127.0.0.1',
      PORT: String(server.port),
      MY_ID: 'cellar',
      INTERVAL: '0',
    });
    const link = await next;
    await link.hears('cellar\n');
    await link.hears('00{"time":"');
    link.says('00\n');
    await link.hears('01{"time":"');
    link.says('01interval 1000\n02dance\n');
    await link.hears('02\n');
    link.says('01\n');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(output.stderr).toBe('sensor: not understood: dance\n');
    expect(output.stdout).toBe('sensor: up\nsensor: down\n');
  });

  it('with STORE, stores each reading before it sends it, and closes the store when it ends', async () => {
    await using server = await RawServer.start();
    const next = server.next();
    const { child, ended, output } = start({
      SERVER: '127.0.0.1',
      PORT: String(server.port),
      MY_ID: 'cellar',
      INTERVAL: '1000',
      STORE: '/data',
    });
    const link = await next;
    await link.hears('00{"time":"');
    expect(output.stdout).toMatch(/^store: \/data\n[^]*stored: \{"time":/);
    link.says('00\n');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(output.stdout).toMatch(/store: closed\n$/);
  });

  it('with OFFLINE, goes on measuring without a link, and drops the oldest readings', async () => {
    const { host, port } = await ownPort();
    const { child, ended, output } = start({
      SERVER: host,
      PORT: String(port),
      MY_ID: 'cellar',
      INTERVAL: '0',
      STORE: '/data',
      OFFLINE: '3',
    });
    while (output.stdout.split('dropped').length < 3) await once(child.stdout, 'data');
    expect(output.stdout.match(/^stored: \{"time":/gm)!.length).toBeGreaterThan(3);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('says in one line that its store cannot be opened', async () => {
    const { ended, output } = start({ SERVER: '127.0.0.1', MY_ID: 'cellar', STORE: '/locked' });
    expect(await ended).toBe(2);
    expect(output.stderr).toBe('sensor: the store cannot be opened: /locked is in use\n');
  });

  it('still delivers on SIGTERM the reading that it has in hand', async () => {
    await using server = await RawServer.start();
    const next = server.next();
    const { child, ended } = start({
      SERVER: '127.0.0.1',
      PORT: String(server.port),
      MY_ID: 'cellar',
      INTERVAL: '0',
    });
    const link = await next;
    await link.hears('00{"time":"');
    child.kill('SIGTERM');
    // It has seen the signal once some lines of ours, sent after it, have been there and back.
    for (const id of ['00', '01', '02']) {
      link.says(`${id}interval 1000\n`);
      await Promise.race([link.hears(`${id}\n`), link.gone()]);
    }
    expect(link.closed).toBe(false);
    link.says('00\n');
    expect(await ended).toBe(0);
    expect(link.heard).not.toContain('01{');
  });

  it('ends with the reason when a part of it fails, for the supervisor to start it again', async () => {
    // There is no systemd-notify in this PATH.
    const env = { PATH: folder, NOTIFY_SOCKET: join(folder, 'notify') };
    const { ended, output } = start({ SERVER: '127.0.0.1', MY_ID: 'cellar', ...env });
    expect(await ended).toBe(1);
    expect(output.stderr).toContain('systemd-notify is not in PATH');
  });

  it('says what it needs', async () => {
    const { ended, output } = start({});
    expect(await ended).toBe(2);
    expect(output.stderr).toBe(
      'sensor: set SERVER (the address of the server) and MY_ID (the id of this board)\n',
    );
  });

  it('does not hold readings without a store', async () => {
    const { ended, output } = start({ SERVER: '127.0.0.1', MY_ID: 'cellar', OFFLINE: '10' });
    expect(await ended).toBe(2);
    expect(output.stderr).toBe('sensor: OFFLINE needs STORE, the folder where the readings are held\n');
  });

  const seconds = 'a number of seconds from 0 to 2147483, without a unit';
  it.each([
    ['INTERVAL', '10s', seconds],
    ['INTERVAL', '', seconds],
    ['INTERVAL', '-1', seconds],
    ['INTERVAL', '1e9', seconds],
    ['INTERVAL', '2147484', seconds],
    ['PORT', '8123/tcp', 'a whole number from 1 to 65535'],
    ['PORT', '', 'a whole number from 1 to 65535'],
    ['PORT', '0', 'a whole number from 1 to 65535'],
    ['PORT', '65536', 'a whole number from 1 to 65535'],
    ['OFFLINE', '1e4', 'a number of readings up to 9999999'],
  ])('does not start with %s=%s', async (name, value, rule) => {
    const { ended, output } = start({ SERVER: '127.0.0.1', MY_ID: 'cellar', [name]: value });
    expect(await ended).toBe(2);
    expect(output.stderr).toBe(`sensor: ${name} must be ${rule}, not "${value}"\n`);
    expect(output.stdout).toBe('');
  });
});

describe('the sensor to copy, over TLS', () => {
  /** A reading comes over the first link at a server with these options. */
  async function sends(options: TlsOptions, env: Record<string, string>): Promise<void> {
    const server = createServer(options).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    const linked = once(server, 'secureConnection').then(([socket]: TLSSocket[]) => new RawLink(socket!));
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { child } = start({ SERVER: '127.0.0.1', PORT: String(port), MY_ID: 'cellar', ...env });
    const link = await linked;
    await link.hears('cellar\n');
    link.says('\n');
    await link.hears('00{"time":"');
    child.kill('SIGKILL');
    await link.gone();
  }

  it('proves who it is by its key', async () => {
    const key = randomBytes(32);
    const pskCallback = (_: unknown, identity: string) => (identity === 'cellar' ? key : null);
    await sends({ pskCallback, ciphers: 'PSK', maxVersion: 'TLSv1.2' }, { PSK: key.toString('hex') });
  });

  it('proves who it is by its certificate', async () => {
    const authority = new Authority();
    const { key, cert } = authority.issue({ name: 'cellar' });
    const env = { TLS_CA: authority.ca, TLS_CERT: cert, TLS_KEY: key };
    for (const [name, text] of Object.entries(env)) await writeFile(join(folder, name), text);
    const files = Object.keys(env).map((name) => [name, join(folder, name)]);
    const server = authority.issue({ name: 'server', names: ['127.0.0.1'] });
    await sends(
      { ...server, ca: authority.ca, requestCert: true },
      Object.fromEntries(files) as Record<string, string>,
    );
  });

  it.each([
    [{ PSK: 'secret' }, 'PSK must be the key in hexadecimal digits, two for each byte'],
    [{ PSK: 'abab' }, 'tls.psk.key must be a Uint8Array of 16 to 512 bytes'],
    [
      { TLS_CA: '/nowhere' },
      "a file of TLS cannot be read: ENOENT: no such file or directory, open '/nowhere'",
    ],
  ])('does not start with %j', async (env: Record<string, string>, why) => {
    const { ended, output } = start({ SERVER: '127.0.0.1', MY_ID: 'cellar', ...env });
    expect(await ended).toBe(2);
    expect(output.stderr).toBe(`sensor: ${why}\n`);
  });
});

describe('the unit to copy', () => {
  const unit = readFileSync(join(root, 'examples/iot-sensor.service'), 'utf8');

  it.each([
    /^Type=notify$/m,
    /^NotifyAccess=all$/m,
    /^WatchdogSec=\d+$/m,
    /^Restart=always$/m,
    /^StartLimitIntervalSec=0$/m,
    /^StateDirectory=iot-sensor$/m,
    /^Environment=.* OFFLINE=\d+$/m,
  ])('has %s, without which it would not run for months', (setting) => {
    expect(unit).toMatch(setting);
  });
});
