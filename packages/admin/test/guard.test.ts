/** Who may ask, and what else can come at the port. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { listen } from '@iot/server';
import { describe, expect, it } from 'vitest';
import { attachAdmin } from '../src/index.js';
import { startAdmin } from '../src/attach.js';
import { Fleet } from '../src/fleet.js';
import { Streams } from '../src/http/stream.js';
import { LIMITS } from '../src/limits.js';
import { Metrics } from '../src/metrics/metrics.js';
import { OPENAPI } from '../src/openapi.js';
import { routes } from '../src/routes.js';
import { ask, begin, codeOf } from './asking.js';
import { local } from './fleet.js';

const token = 'correct-horse-battery-staple';

describe('attachAdmin', () => {
  it.each<[string, object]>([
    ['an address that others reach, without a token', { host: '0.0.0.0' }],
    ['all addresses of IPv6, without a token', { host: '::' }],
    ['a name, without a token', { host: 'example.test' }],
    ['a host that looks like a loopback address', { host: '127.example.test' }],
    ['a short token', { token: 'short' }],
    ['a token with a space', { token: 'correct horse battery staple' }],
    ['a port that there is none of', { port: 65536 }],
    ['an empty host', { host: '' }],
    ['names that are one string', { hostNames: 'admin.test' }],
    ['a name with a port', { hostNames: ['admin.test:80'] }],
    ['showLines that is a word', { showLines: 'yes' }],
    ['labels that there are none of', { labels: 'id' }],
    ['a store that does not tell of its commits', { store: {} }],
    ['an option that there is none of', { tokn: token }],
  ])('refuses %s', async (_, options) => {
    await using server = await listen(local);
    await expect(attachAdmin(server, { port: 0, ...options })).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_BAD_OPTION',
    });
  });

  it('says when the port is taken', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    const { port } = admin.address;
    await expect(attachAdmin(server, { port })).rejects.toMatchObject({
      name: 'LinkError',
      code: 'ERR_LISTEN',
    });
  });

  it('leaves the server as it is when it is closed, and its port is free', async () => {
    await using server = await listen(local);
    const admin = await attachAdmin(server, local);
    const { port } = admin.address;
    await Promise.all([admin.close(), admin.close()]);
    await using again = await attachAdmin(server, { port });
    expect((await ask(again, '/readyz')).status).toBe(200);
  });
});

describe('the token', () => {
  it('is asked for by each path, also one that there is none of, but not by the two probes', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, { ...local, token });
    for (const path of ['/clients', '/clients/1', '/events', '/openapi.json'])
      expect(codeOf(await ask(admin, path)), path).toEqual([401, 'wrong-token']);
    expect((await begin(admin, '/nothing')).statusCode).toBe(401);
    expect((await ask(admin, '/clients')).headers['www-authenticate']).toBe('Bearer');
    for (const path of ['/healthz', '/readyz']) expect((await ask(admin, path)).status).toBe(200);
  });

  it.each([
    ['another', 'Bearer wrong-horse-battery-stapl'],
    ['a part of it', `Bearer ${token.slice(0, -1)}`],
    ['more than it', `Bearer ${token}x`],
    ['another scheme', `Basic ${token}`],
    ['nothing', 'Bearer '],
  ])('is refused when it is %s', async (_, authorization) => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, { ...local, token });
    const answer = await ask(admin, '/clients', { headers: { authorization } });
    expect(codeOf(answer)).toEqual([401, 'wrong-token']);
  });

  it('lets in who has it, and lets the interface listen beyond the loopback address', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, { port: 0, host: '0.0.0.0', token });
    const headers = { authorization: `Bearer ${token}` };
    expect((await ask(admin, '/clients', { headers })).status).toBe(200);
  });
});

describe('a web page', () => {
  it.each(['evil.test', 'evil.test:9123', 'localhost.evil.test', '127.0.0.1.evil.test'])(
    'cannot reach it by the name %j, whatever address that points to',
    async (host) => {
      await using server = await listen(local);
      await using admin = await attachAdmin(server, local);
      for (const path of ['/clients', '/healthz'])
        expect(codeOf(await ask(admin, path, { headers: { host } }))).toEqual([403, 'wrong-host']);
    },
  );

  it.each(['localhost', 'LocalHost:1', '127.0.0.1', '[::1]:9123', '192.168.0.2:80', 'Admin.test'])(
    'of its own may name it %s',
    async (host) => {
      await using server = await listen(local);
      await using admin = await attachAdmin(server, { ...local, hostNames: ['admin.test'] });
      const headers = { host, origin: `http://${host.toLowerCase()}` };
      expect((await ask(admin, '/clients', { headers })).status).toBe(200);
    },
  );

  it.each([
    { origin: 'http://evil.test' },
    { origin: 'http://localhost:1' },
    { origin: 'null' },
    { origin: 'http://localhost.evil.test' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('of another origin is refused: %j', async (headers) => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, { ...local, token });
    const all = { host: 'localhost', authorization: `Bearer ${token}`, ...headers };
    expect(codeOf(await ask(admin, '/clients', { headers: all }))).toEqual([403, 'wrong-origin']);
  });
});

describe('a request', () => {
  it('to a path that there is none of is 404, and with another method 405', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    for (const path of ['/index.html', '/client', '/clients/1/2/3', '/clients?x', '//clients'])
      expect((await begin(admin, path)).statusCode, path).toBe(path === '/clients?x' ? 400 : 404);
    const { statusCode, headers } = await begin(admin, '/clients/1', { method: 'PUT' });
    expect([statusCode, headers.allow]).toEqual([405, 'GET, DELETE']);
  });

  it('that does not come as a whole in time is answered with 408, and its socket is closed', async () => {
    await using server = await listen(local);
    await using admin = await startAdmin(server, local, { ...LIMITS, requestMs: 50 });
    const socket = connect(admin.address.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /clients/1/lines HTTP/1.1\r\nhost: localhost\r\n');
    socket.write('content-type: application/json\r\ncontent-length: 99\r\n\r\n{');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('that ends in the middle of its body disturbs nothing', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    const socket = connect(admin.address.port, '127.0.0.1');
    socket.write('POST /clients/1/lines HTTP/1.1\r\nhost: localhost\r\n');
    socket.write('content-type: application/json\r\ncontent-length: 99\r\n\r\n{');
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    expect((await ask(admin, '/healthz')).status).toBe(200);
  });
});

describe('the two probes', () => {
  it('say that the process answers, and that the server is not ready once it is closed', async () => {
    const server = await listen(local);
    await using admin = await attachAdmin(server, local);
    expect((await ask(admin, '/readyz')).body).toEqual({ ok: true });
    await server.close();
    expect(await ask(admin, '/readyz')).toMatchObject({ status: 503, body: { ok: false } });
    expect((await ask(admin, '/healthz')).body).toEqual({ ok: true });
  });
});

it('the document describes each route, and there is no other', async () => {
  await using server = await listen(local);
  await using admin = await attachAdmin(server, local);
  expect((await ask(admin, '/openapi.json')).body).toEqual(JSON.parse(JSON.stringify(OPENAPI)));
  const fleet = new Fleet(server, false, LIMITS);
  const parts = { fleet, streams: new Streams(fleet, LIMITS), metrics: new Metrics(fleet) };
  const served = routes(parts, LIMITS);
  parts.streams.close();
  const described = Object.entries(OPENAPI.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((key) => key !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(served.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(described.sort());
});
