import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { board, dial, HOST, holdPort, keyFile, LOOPBACK, Program } from '@iot/app-kit/testing';
import { Authority } from '@iot/vitest-config/certificates';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { News } from '@iot/vitest-config/news';
import { NotifySocket, systemdNotify } from '@iot/vitest-config/notify-socket';
import { Aedes } from 'aedes';
import { listenSettings } from '@iot/server/internal';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LIMIT_NAMES } from '../src/serve/limits.js';
import { serve } from './serving.js';
import { iot } from './iot.js';

/** A file in a folder of the test. */
function file(text: string, name = 'iot.yaml'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

describe('without a broker', () => {
  it('prints what boards say as the id and the line, and ends on SIGTERM with exit code 0', async () => {
    const { program, port } = await serve();
    await board('cellar', port).write('21.5');
    await program.printed(/^cellar 21\.5\n$/);
    program.process.kill('SIGTERM');
    const { code, stdout } = await program.outcome;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'cellar 21.5\n' });
  });

  it('prints an object for each line with --json', async () => {
    const { program, port } = await serve(['--json']);
    await board('cellar', port).write('a "b"');
    const [line] = await program.printed(/^.*\n/);
    expect(JSON.parse(line)).toEqual({ id: 'cellar', line: 'a "b"', at: expect.any(String) as string });
  });

  it('shows a control character in a line, and does not send it to the terminal', async () => {
    const { program, port } = await serve();
    await board('cellar', port).write('a\u001b[2Jb');
    await program.printed(/^cellar a\\u001b\[2Jb\n$/);
  });

  it('acks no line that it could not print, and ends when nothing reads what it prints', async () => {
    const { program, port } = await serve();
    const client = board('cellar', port);
    await client.ready();
    program.process.stdout!.destroy();
    client.write('not printed').catch(() => undefined);
    expect((await program.outcome).code).toBe(0);
    expect(client.pendingWrites).toBe(1);
  });

  it('prints a line that is in its store and was not printed, after it was killed', async () => {
    const store = join(temporaryFolder(), 'store');
    const first = await serve(['--store', store]);
    // Its output is a full pipe, so that what comes is stored and cannot be printed.
    first.program.process.stdout!.pause();
    const client = board('cellar', first.port);
    const lines = Array.from({ length: 8 }, (_, index) => `${index} ${'x'.repeat(60_000)}`);
    for (const line of lines) await client.write(line);
    first.program.process.kill('SIGKILL');
    await first.program.outcome;
    const { program } = await serve(['--store', store]);
    await program.printed(/^cellar 7 x{60000}\n/m);
  });
});

it('announces to clients of version 2 that it will be back when it ends', async () => {
  const { program, port } = await serve();
  const downs: object[] = [];
  const news = new News();
  const warn = (fields: object) => {
    downs.push(fields);
    news.tell();
  };
  const ignore = () => undefined;
  const client = board('cellar', port, { logger: { debug: ignore, info: ignore, warn, error: ignore } });
  await client.ready();
  program.process.kill('SIGINT');
  expect(await news.until(() => downs[0] ?? false)).toMatchObject({ reason: 'told', code: 'busy' });
  expect((await program.outcome).code).toBe(0);
});

it('writes what happens to standard error, as a JSON object a line', async () => {
  const { program, port } = await serve();
  await board('cellar', port).ready();
  await program.said(/"message":"the link is up","id":"cellar"/);
  program.process.kill('SIGTERM');
  const { stdout, stderr } = await program.outcome;
  expect(stdout).toBe('');
  const logged = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const { time, level, message } of logged) {
    expect(new Date(time as string).toISOString()).toBe(time);
    expect(['info', 'warn']).toContain(level);
    expect(message).not.toBe('');
  }
});

describe('the admin interface', () => {
  it('has clients and metrics', async () => {
    const { url, port } = await serve();
    await board('cellar', port).ready();
    expect(await (await fetch(`${url}/clients`)).json()).toMatchObject({
      clients: [{ id: 'cellar', up: true }],
    });
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^iot_/m);
  });

  it('asks for the token in a file', async () => {
    const token = 'a-token-of-a-test';
    const { url, program } = await serve(['--token-file', file(`${token}\n`)]);
    expect((await fetch(`${url}/clients`)).status).toBe(401);
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${url}/clients`, { headers })).status).toBe(200);
    program.process.kill('SIGTERM');
    expect((await program.outcome).stderr).not.toContain(token);
  });

  it('is not there with --no-admin', async () => {
    const program = new Program('iot', ['serve', ...LOOPBACK, '--no-admin']);
    await program.said(/"message":"listening"/);
    program.process.kill('SIGTERM');
    expect((await program.outcome).stderr).not.toMatch(/admin/);
  });
});

describe('TLS', () => {
  it('takes keys from a file, and reads it again on SIGHUP', async () => {
    const { path, keyOf, renew } = keyFile('cellar');
    const { program, port } = await serve(['--no-plain', '--tls-port', '0', '--psk-file', path]);
    const client = dial(port, { id: 'cellar', tls: { psk: { key: keyOf('cellar') } } });
    await client.ready();
    const down = client.once('state');
    renew();
    program.process.kill('SIGHUP');
    expect(await down).toEqual([false]);
    await program.said(/"message":"the keys or certificates were read again"/);
    await dial(port, { id: 'cellar', tls: { psk: { key: keyOf('cellar') } } }).ready();
    writeFileSync(path, 'nonsense');
    program.process.kill('SIGHUP');
    await program.said(
      /"level":"error","message":"nothing was reloaded","why":".*line 1: a line is identity:key/,
    );
  });

  it('takes certificates, and new ones on SIGHUP', async () => {
    const authority = new Authority();
    const { key, cert } = authority.issue({ name: 'server', names: [HOST] });
    const [keyPath, certPath] = [file(key, 'key'), file(cert, 'cert')];
    const options = ['--no-plain', '--tls-port', '0', '--tls-key', keyPath, '--tls-cert', certPath];
    const { program, port } = await serve(options);
    await dial(port, { tls: { ca: authority.ca } }).ready();
    const other = new Authority();
    const renewed = other.issue({ name: 'server', names: [HOST] });
    writeFileSync(keyPath, renewed.key);
    writeFileSync(certPath, renewed.cert);
    program.process.kill('SIGHUP');
    await program.said(/"message":"reloaded"/);
    await dial(port, { id: '2', tls: { ca: other.ca } }).ready();
  });
});

describe('SIGHUP', () => {
  it('changes the level of the log, and names what needs a restart', async () => {
    const path = file('logLevel: warn\nadmin: {showLines: false}\n');
    const program = new Program('iot', [
      'serve',
      ...LOOPBACK,
      '--admin-port',
      '0',
      '--log-level',
      'info',
      '--config',
      path,
    ]);
    await program.said(/"url"/);
    writeFileSync(path, 'maxSessions: 5\nadmin: {showLines: true}\n');
    program.process.kill('SIGHUP');
    await program.said(
      /"level":"warn","message":"these settings need a restart","keys":"admin\.showLines, maxSessions"/,
    );
    await program.said(/"message":"reloaded"/);
  });

  it('leaves all as it was when the file is wrong now', async () => {
    const path = file('maxSessions: 5\n');
    const { program } = await serve(['--config', path]);
    writeFileSync(path, '\nmaxSessions: many\n');
    program.process.kill('SIGHUP');
    await program.said(
      /"message":"nothing was reloaded","why":"[^"]*iot\.yaml, line 2: maxSessions must be a whole/,
    );
  });
});

describe('with a broker', () => {
  it('hands lines to it and prints none', async () => {
    const broker = await Aedes.createBroker();
    const listener = createServer(broker.handle).listen(0, HOST);
    await once(listener, 'listening');
    onTestFinished(() => new Promise((resolve) => broker.close(() => listener.close(() => resolve()))));
    const said = new Promise<string>((resolve) => {
      broker.on('publish', ({ topic, payload }) => {
        if (topic === 'iot/cellar/up') resolve(payload.toString());
      });
    });
    const { port: brokerPort } = listener.address() as AddressInfo;
    const dead = join(temporaryFolder(), 'dead.jsonl');
    const { program, port } = await serve([
      ...['--config', file(`mqtt: {deadLetters: ${dead}}`)],
      ...['--mqtt', `mqtt://${HOST}:${brokerPort}`],
    ]);
    await board('cellar', port).write('21.5');
    expect(await said).toBe('21.5');
    program.process.kill('SIGTERM');
    expect(await program.outcome).toMatchObject({ code: 0, stdout: '' });
  });

  it('never says its password', async () => {
    const env = { IOT_MQTT_URL: 'mqtt://me:secret@127.0.0.1:1/' };
    const { program } = await serve(
      ['--config', file(`mqtt: {deadLetters: ${join(temporaryFolder(), 'dead')}}`)],
      { env },
    );
    await program.said(/"level":"warn","message":"broker: /);
    program.process.kill('SIGTERM');
    expect((await program.outcome).stderr).not.toContain('secret');
  });
});

describe.runIf(systemdNotify !== undefined)('systemd', () => {
  it('hears that it is ready, that it reloads, and that it ends', async () => {
    await using socket = await NotifySocket.open(join(temporaryFolder(), 'notify'));
    const { program } = await serve([], { env: { NOTIFY_SOCKET: socket.path } });
    await socket.until('READY=1');
    program.process.kill('SIGHUP');
    await program.said(/"message":"reloaded"/);
    program.process.kill('SIGTERM');
    await socket.until('STOPPING=1');
    expect((await program.outcome).code).toBe(0);
    expect(await socket.until('STOPPING=1')).toEqual(['READY=1', 'RELOADING=1', 'READY=1', 'STOPPING=1']);
  });
});

describe('what cannot be', () => {
  it.each([
    [['--port'], /^error: cannot listen on port \d+ \(EADDRINUSE\)/],
    [['--port', '0', '--admin-port'], /^error: the admin interface cannot listen on port \d+ /],
  ])('%j of a port that is taken is one line and exit code 1', async (options, message) => {
    const port = await holdPort();
    const { code, stdout, stderr } = await iot(
      ...['serve', '--host', HOST, '--log-level', 'error', '--admin-port', '0'],
      ...[...options, String(port)],
    );
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^[^\n]*\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  const wrong: [text: string, line: number, what: string][] = [
    ['prot: 8123', 1, 'prot is an unknown key; known keys are host, port, tls, '],
    ['host: a\nport: high', 2, 'port must be a whole number from 0 to 65535'],
    ['port: true', 1, 'port must be a whole number from 0 to 65535'],
    ['expected: cellar', 1, 'expected must be a list'],
    ['expected:\n  - cellar\n  - 1', 3, 'expected[1] must be a text'],
    ['admit: all', 1, 'admit must be one of any, expected'],
    ['timeout: 50', 1, 'timeout must be a whole number from 100 to'],
    ['admin:\n  prot: 1', 2, 'admin.prot is an unknown key'],
    ['admin:\n  alerts:\n    refused: true', 2, 'admin.alerts needs the key to'],
    ['mqtt:\n  topics:\n    up: 1', 3, 'mqtt.topics.up must be a text'],
    ['a: [1', 1, 'this is not valid YAML (BAD_'],
  ];
  it.each(wrong)('the configuration %j is refused with line %d and key', async (text, line, what) => {
    const path = file(text);
    const { code, stdout, stderr } = await iot('serve', '--config', path);
    expect(stderr).toContain(`error: ${path}, line ${line}: ${what}`);
    expect(stderr).toMatch(/^[^\n]*\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it.each([
    [['--config', '/missing/file'], /\/missing\/file cannot be read \(ENOENT\)/],
    [['--no-plain'], /TLS needs --psk-file, or --tls-key and --tls-cert/],
    [['--tls-port', '8124'], /TLS needs --psk-file/],
    [
      ['--tls-key', '/missing/file', '--tls-cert', '/missing/file'],
      /\/missing\/file cannot be read \(ENOENT\)/,
    ],
    [['--psk-file', '/missing/file'], /\/missing\/file cannot be opened \(ENOENT\)/],
    [['--token-file', '/missing/file'], /the token file \/missing\/file cannot be read \(ENOENT\)/],
    [['--admin-host', '0.0.0.0'], /give a token/],
    [['--settle-ms', '5000'], /settleMs must be a whole number from 0 to 1500/],
    [['--tls-max-handshakes', '0'], /option '--tls-max-handshakes <number>' argument '0' is invalid/],
    [['--max-connections', '0'], /option '--max-connections <number>' argument '0' is invalid/],
    [['--mqtt', 'me:secret@host'], /the URL of the broker must be mqtt:/],
    [['--log-level', 'all'], /Allowed choices are debug, info, warn, error/],
  ])('%j is one line and exit code 2', async (options, message) => {
    const { code, stdout, stderr } = await iot(
      ...['serve', '--host', HOST, '--port', '0', '--log-level', 'error', ...options],
    );
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: [^\n]*\n$/);
    expect(stderr).not.toContain('secret');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

it('every number that listen takes is an option and a key', () => {
  const isKnown = (name: string) => ['port', 'maxHandshakes', ...LIMIT_NAMES].includes(name);
  const settings = Object.entries(listenSettings({}));
  expect(settings.filter(([name, value]) => typeof value === 'number' && !isKnown(name))).toEqual([]);
  // One without a default is in the table alone.
  const readme = readFileSync(new URL('../../server/README.md', import.meta.url), 'utf8');
  const cells = [...readme.matchAll(/^\|([^|]*)\|/gm)].map(([, cell]) => cell!);
  const named = cells.flatMap((cell) => [...cell.matchAll(/`(max\w+)`/g)].map(([, name]) => name!));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !isKnown(name))).toEqual([]);
});

describe('--print-config', () => {
  const print = async (...options: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await iot('serve', '--print-config', ...options);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };

  it('prints the defaults that are in force', async () => {
    expect(await print()).toMatchObject({
      port: 8123,
      admin: { host: '127.0.0.1', port: 9123 },
      timeout: 1500,
      maxSessions: 20_000,
      admit: 'any',
    });
  });

  it('prints an option before the configuration, and that before the default', async () => {
    const path = file('port: 8200\ntimeout: 2000\nadmin: {port: 9200, labels: client}\n');
    const printed = await print(
      '--config',
      path,
      '--port',
      '8300',
      '--admin-port',
      '9300',
      '--expected',
      'a',
      'b',
    );
    expect(printed).toMatchObject({
      port: 8300,
      timeout: 2000,
      expected: ['a', 'b'],
      admin: { host: '127.0.0.1', port: 9300, labels: 'client' },
    });
  });

  it('prints what can be the configuration, and prints the same again', async () => {
    const printed = await print(
      '--no-admin',
      '--max-lines-per-second',
      '5',
      '--psk-file',
      '/etc/keys.psk',
      '--no-plain',
    );
    expect(await print('--config', file(JSON.stringify(printed)))).toEqual(printed);
  });

  it('prints the limits of a gateway with a store', async () => {
    const printed = await print(
      '--mqtt',
      'mqtt://broker.example',
      '--store',
      '/data',
      '--max-unread-bytes',
      '5',
    );
    expect(printed).toMatchObject({ maxUnreadLines: 100_000, maxUnreadBytes: 5 });
  });

  it('prints no secret', async () => {
    const path = file(
      "mqtt: {broker: 'mqtts://me:secret@broker.example:8883'}\nadmin: {alerts: {refused: true, to: 'https://hooks.example/secret'}}\n",
    );
    const printed = await print('--config', path);
    expect(JSON.stringify(printed)).not.toContain('secret');
    expect(printed).toMatchObject({
      mqtt: { broker: 'mqtts://***@broker.example:8883' },
      admin: { alerts: { to: 'https://hooks.example/***' } },
    });
  });
});
