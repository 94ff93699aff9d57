import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { at, holdPort, HOST, keyFile, Program, serve } from '@iot/app-kit/testing';
import { attachAdmin } from '@iot/admin';
import { startFaultProxy } from '@iot/fault-proxy';
import { levelStore } from '@iot/store-level';
import { Authority } from '@iot/vitest-config/certificates';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { ownPort } from '@iot/vitest-config/ports';
import { expect, it, onTestFinished } from 'vitest';
import { checkDates } from '../src/doctor/certificates.js';
import type { Finding } from '../src/doctor/finding.js';
import { iot } from './iot.js';

/** What it finds, by the name of the check. */
async function examined(to: { host: string; port: number }, args: readonly string[] = []) {
  const { code, stdout, stderr } = await iot('doctor', ...at(to), '--timeout', '60000', '--json', ...args);
  expect(stdout, stderr).toMatch(/^\[/);
  const all = JSON.parse(stdout) as Finding[];
  const problems = all.filter(({ status }) => status === 'problem').length;
  expect(stderr).toBe(problems === 0 ? '' : `error: ${problems} of ${all.length} checks found a problem\n`);
  expect(code).toBe(problems === 0 ? 0 : 1);
  return (name: string) =>
    all.filter((finding) => finding.name === name).map(({ status, text }) => `${status}: ${text}`);
}

/** An HTTP server that answers with this date. */
async function httpServer(date = new Date()) {
  const server = createHttpServer((_, response) => {
    response.setHeader('date', date.toUTCString());
    response.end();
  }).listen(0, HOST);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: HOST, port: (server.address() as AddressInfo).port };
}

const file = (name: string, text: string) => {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
};

it('doctor finds a server that is well, in a line for each check', async () => {
  const server = await serve();
  const seen: string[] = [];
  server.on('client', ({ id }) => seen.push(id));
  const admin = await attachAdmin(server, { port: 0 });
  onTestFinished(() => admin.close());
  const { port } = server.address;
  const url = `http://${HOST}:${admin.address.port}`;
  const args = [
    'doctor',
    '--host',
    HOST,
    '--port',
    String(port),
    '--url',
    url,
    '--boards',
    '10',
    '--timeout',
    '60000',
  ];
  const { code, stdout, stderr } = await iot(...args);
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(new RegExp(`^ok +port: process ${process.pid} \\(.+\\) listens on ${port}$`)),
    expect.stringMatching(/^ok +server: 127\.0\.0\.1, port \d+, accepted a connection in [\d.]+ ms$/),
    'ok       protocol: it speaks version 2 of the protocol',
    expect.stringMatching(/^ok +timeout: 60000 ms is enough: a round trip takes [\d.]+ ms$/),
    'ok       clock: within 5 s of the clock of the server',
    expect.stringMatching(
      new RegExp(
        `^ok +descriptors: process ${process.pid} may have \\d+ open files, and has \\d+: enough for 10 boards$`,
      ),
    ),
    '',
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(seen).toEqual([expect.stringMatching(/^iot-doctor-[\da-f]{8}$/)]);
});

it('doctor says that nothing listens', async () => {
  const port = await ownPort();
  const found = await examined(port);
  expect(found('server')).toEqual([
    `problem: nothing listens on ${port.host}, port ${port.port}: start the server (iot serve), or name its port with --port`,
  ]);
  expect(found('protocol')).toEqual([]);
});

it('doctor says that a name has no address', async () => {
  const found = await examined({ host: 'missing-host.invalid', port: 8123 });
  expect(found('server')).toEqual([
    expect.stringMatching(/^problem: the name missing-host\.invalid has no address \(\w+\): is it right/),
  ]);
  expect(found('port')).toEqual([]);
});

it('doctor distinguishes a server of version 1 from one of version 2', async () => {
  const server = await serve({ protocol: 1 });
  const found = await examined({ host: HOST, port: server.address.port }, ['--timeout', '400']);
  expect(found('protocol')).toEqual(['ok: it speaks version 1 of the protocol']);
});

it('doctor says that what listens speaks another protocol', async () => {
  const found = await examined(await httpServer());
  expect(found('protocol')).toEqual([
    expect.stringMatching(
      /^problem: the program on this port does not speak this protocol \(.*\): give the port/,
    ),
  ]);
});

it('doctor says that what listens does not answer', async () => {
  const port = await holdPort();
  const found = await examined({ host: HOST, port }, ['--timeout', '100']);
  expect(found('protocol')).toEqual([
    expect.stringMatching(
      /^problem: 127\.0\.0\.1:\d+ accepted the connection and sent nothing: is it an IOT server/,
    ),
  ]);
});

it('doctor says that the server refuses its id', async () => {
  const server = await serve({ admit: 'expected', expected: ['1'] });
  const to = { host: HOST, port: server.address.port };
  expect((await examined(to))('protocol')).toEqual([
    expect.stringMatching(
      /^warning: the server speaks the protocol, but .* refuses the id "iot-doctor-.*With --id, give the id of a client/,
    ),
  ]);
  expect((await examined(to, ['--id', '1']))('protocol')).toEqual([
    'ok: it speaks version 2 of the protocol',
  ]);
});

it('doctor does not take the lines that wait for a client whose id it is given', async () => {
  const server = await serve({ expected: ['1'] });
  const to = { host: HOST, port: server.address.port };
  const waiting = server.client('1').then((conn) => conn.write('open the valve'));
  await examined(to, ['--id', '1']);
  const board = new Program('iot', ['board', ...at(to), '--id', '1', '--every', '1h']);
  await board.said(/1 got open the valve\n/);
  await waiting;
});

it('doctor warns of a timeout that is short for the round trip', async () => {
  const server = await serve();
  await using proxy = await startFaultProxy({ to: { host: HOST, port: server.address.port } });
  proxy.delay({ ms: 50 });
  const found = await examined(proxy, ['--timeout', '700']);
  expect(found('timeout')).toEqual([
    expect.stringMatching(
      /^warning: 700 ms is too short, a round trip takes \d{3,}\.\d ms: set --timeout [1-9]\d+00 at all ends, or/,
    ),
  ]);
});

it('doctor checks the key of a client, and that the port speaks TLS', async () => {
  const { path, keyOf } = keyFile('iot-doctor');
  const server = await serve({ tls: { port: 0, psk: keyOf } });
  const args = ['--psk-file', path];
  const secure = await examined({ host: HOST, port: server.tlsAddress!.port }, args);
  expect(secure('tls')).toEqual(['ok: the handshake succeeded, and both ends are authenticated']);
  expect(secure('protocol')).toEqual(['ok: it speaks version 2 of the protocol']);
  const plain = await examined({ host: HOST, port: server.address.port }, ['--timeout', '100', ...args]);
  expect(plain('tls').join()).toMatch(/^problem: the TLS handshake with 127\.0\.0\.1 failed/);
  const other = await examined({ host: HOST, port: server.tlsAddress!.port }, [
    '--psk-file',
    keyFile('iot-doctor').path,
  ]);
  expect(other('tls').join()).toMatch(/^problem: .*does the server have this identity, with this key\?/);
});

it('doctor says that a certificate has expired, and when one ends', async () => {
  const authority = new Authority();
  const ca = file('ca.pem', authority.ca);
  const expired = authority.issue({ name: 'server', names: [HOST], expired: true });
  const old = await serve({ tls: { port: 0, ...expired } });
  const found = await examined({ host: HOST, port: old.tlsAddress!.port }, ['--tls-ca', ca]);
  expect(found('tls').join()).toMatch(/^problem: .*certificate has expired: renew it/);
  expect(found('certificate').join()).toMatch(
    /^problem: the server's has expired on \d{4}-\d\d-\d\d: renew it$/,
  );

  const good = await serve({ tls: { port: 0, ...authority.issue({ name: 'server', names: [HOST] }) } });
  const mine = authority.issue({ name: 'board' });
  const files = [
    '--tls-ca',
    ca,
    '--tls-cert',
    file('cert.pem', mine.cert),
    '--tls-key',
    file('key.pem', mine.key),
  ];
  const soon = await examined({ host: HOST, port: good.tlsAddress!.port }, files);
  expect(soon('tls')).toEqual(['ok: the handshake succeeded, and both ends are authenticated']);
  expect(soon('certificate')).toEqual([
    expect.stringMatching(/^warning: the server's expires on .*, in 0 days: renew it$/),
    expect.stringMatching(/^warning: .*cert\.pem expires on .*, in 0 days: renew it$/),
  ]);
});

it('a certificate is well when it is valid for more than a month', () => {
  const dates = { validFrom: 'Jan  1 00:00:00 2026 GMT', validTo: 'Jan  1 00:00:00 2027 GMT' };
  const on = (day: string) => checkDates('it', dates, Date.parse(day)).status;
  expect(['2025-12-31', '2026-01-02', '2026-12-15', '2027-01-01'].map(on)).toEqual([
    'problem',
    'ok',
    'warning',
    'problem',
  ]);
});

it('doctor checks the file of keys', async () => {
  const to = await ownPort();
  const { path } = keyFile('1', '2');
  const good = await examined(to, ['--keys', path]);
  expect(good('keys')).toEqual([`ok: ${path} has 2 keys, and only its owner can read it`]);
  chmodSync(path, 0o644);
  expect((await examined(to, ['--keys', path]))('keys').join()).toMatch(
    /^problem: others can read .*chmod 600/,
  );
  const bad = file('keys.psk', 'secret');
  chmodSync(bad, 0o600);
  expect((await examined(to, ['--keys', bad]))('keys').join()).toMatch(
    /^problem: .*line 1: a line is identity:key/,
  );
});

it('doctor checks the store when no process has it open', async () => {
  const to = await ownPort();
  const folder = join(temporaryFolder(), 'store');
  const found = async () => (await examined(to, ['--store', folder]))('store').join();
  expect(await found()).toMatch(/^problem: there is no store in .* \(ENOENT\)/);
  const store = await levelStore(folder);
  expect(await found()).toMatch(/^skipped: a process has .* open: stop it/);
  await store.close();
  expect(await found()).toMatch(/^ok: .* is whole: 0 sessions, 0 entries/);
  writeFileSync(join(folder, 'CURRENT'), 'nonsense\n');
  expect(await found()).toMatch(/^problem: /);
});

it('doctor compares the clocks, by the date that the admin interface shows', async () => {
  const to = await ownPort();
  const wrong = await httpServer(new Date(Date.now() - 3_600_000));
  const url = `http://${wrong.host}:${wrong.port}`;
  expect((await examined(to, ['--url', url]))('clock').join()).toMatch(
    /^warning: 3(599|60\d) s different .*NTP/,
  );
  const gone = `http://${to.host}:${to.port}`;
  expect((await examined(to, ['--url', gone]))('clock')).toEqual([
    `problem: the admin interface at ${gone} does not answer (ECONNREFUSED): is its port right, and is it enabled?`,
  ]);
  expect((await examined(to))('clock').join()).toMatch(
    /^skipped: not compared: there is no admin interface at http:\/\/127/,
  );
});

it('doctor warns when there are fewer descriptors than boards', async () => {
  const found = await examined(await ownPort(), ['--boards', '1000000']);
  expect(found('descriptors').join()).toMatch(
    /^(warning: this shell gives a process \d+ open files; 1000000 boards need 1000100|ok: .* (Infinity|\d{7,}) )/,
  );
});

it.each([
  ['--port 0', "option '--port <number>' argument '0' is invalid"],
  ['--boards many', "option '--boards <number>' argument 'many' is invalid"],
  ['--psk-file nowhere', 'nowhere cannot be opened (ENOENT)'],
])('doctor %s is one line and exit code 2', async (args, message) => {
  const { code, stdout, stderr } = await iot('doctor', ...args.split(' '));
  expect(stderr).toMatch(/^error: [^\n]*\n$/);
  expect(stderr).toContain(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});
