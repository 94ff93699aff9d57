/** Client and server over TLS, through outages, in both versions of the protocol. */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { TLSSocket } from 'node:tls';
import { connect, type Client, type ConnectOptions, type TlsConnectOptions } from '@iot/client';
import { startFaultProxy } from '@iot/fault-proxy';
import {
  listen,
  type AuthorizeRequest,
  type ListenOptions,
  type Server,
  type TlsListenOptions,
} from '@iot/server';
import { Authority } from '@iot/vitest-config/certificates';
import { numbered, take } from '@iot/vitest-config/lines';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { withoutBackoff } from './rig.js';

withoutBackoff();

const HOST = '127.0.0.1';
const TIMEOUT = 2000;
const authority = new Authority();
const { ca } = authority;
const ofServer = authority.issue({ name: 'server', names: [HOST] });
const ofBoard = authority.issue({ name: 'board' });
const key = randomBytes(32);
const psk = (identity: string) => (identity === 'board' ? key : undefined);

const certificates = { at: { ...ofServer, ca }, from: { ca, ...ofBoard } };
const keys = { at: { psk }, from: { psk: { key } } };

interface Both {
  readonly at: TlsListenOptions;
  readonly from: TlsConnectOptions;
}

async function serve(tls: TlsListenOptions, more: ListenOptions = {}): Promise<Server> {
  const server = await listen({
    host: HOST,
    port: false,
    tls: { ...tls, port: 0 },
    timeout: TIMEOUT,
    ...more,
  });
  onTestFinished(() => server.close());
  return server;
}

function dial(port: number, tls: TlsConnectOptions, more: Partial<ConnectOptions> = {}): Client {
  const client = connect({ id: 'board', host: HOST, port, tls, timeout: TIMEOUT, ...more });
  onTestFinished(() => client.close());
  return client;
}

describe.each<[string, Both]>([
  ['certificates', certificates],
  ['pre-shared keys', keys],
])('with %s', (_, { at, from }) => {
  it.each([1, 2] as const)(
    'every line arrives once, in order, through cuts, in version %i',
    async (protocol) => {
      const server = await serve(at, { protocol });
      const proxy = await startFaultProxy({ to: { host: HOST, port: server.tlsAddress!.port } });
      onTestFinished(() => proxy.close());
      const client = dial(proxy.port, from, { protocol });
      const conn = await server.client('board');
      await client.ready();
      const [up, down] = [numbered('up', 60), numbered('down', 60)];
      const written = [...up.map((line) => client.write(line)), ...down.map((line) => conn.write(line))];
      const cut = (count: number) => {
        if (count % 20 === 10) proxy.cut('rst');
      };
      const [heard, answers] = await Promise.all([take(conn, 60, cut), take(client, 60)]);
      expect(heard).toEqual(up);
      expect(answers).toEqual(down);
      await Promise.all(written);
      expect(client.protocol).toBe(protocol);
      expect(conn.connects).toBeGreaterThan(1);
    },
  );

  it('much text goes both ways at a time', async () => {
    const server = await serve(at);
    const client = dial(server.tlsAddress!.port, from);
    const conn = await server.client('board');
    const lines = numbered('x'.repeat(20_000), 100);
    const written = lines.flatMap((line) => [client.write(line), conn.write(line)]);
    expect(await Promise.all([take(conn, 100), take(client, 100)])).toEqual([lines, lines]);
    await Promise.all(written);
    expect(client.stats.outages).toBe(0);
  });

  it('a server that is closed informs the client, whose writes wait for the next one', async () => {
    const server = await serve(at);
    const client = dial(server.tlsAddress!.port, from);
    await client.ready();
    const down = client.once('state');
    await server.close();
    expect(await down).toEqual([false]);
  });
});

it('a client resumes its session when it comes again, but not after a reload', async () => {
  const authorize = vi.fn((_: AuthorizeRequest) => true);
  const server = await serve(certificates.at, { authorize });
  const reused: unknown[] = [];
  const emit = vi.spyOn(TLSSocket.prototype, 'emit').mockImplementation(function (this: TLSSocket, ...args) {
    const [event]: readonly unknown[] = args;
    if (event === 'secureConnect') reused.push(this.isSessionReused());
    return EventEmitter.prototype.emit.apply(this, args);
  });
  onTestFinished(() => emit.mockRestore());
  const client = dial(server.tlsAddress!.port, certificates.from);
  for (const reload of [false, true, false]) {
    await client.ready();
    if (reload) server.reload({ tls: certificates.at });
    const down = client.once('state');
    await server.disconnect('board', 'again');
    await down;
  }
  await client.ready();
  expect(reused).toEqual([false, true, false, true]);
  const subjects = authorize.mock.calls.map(([{ tls }]) => tls?.certificate?.subject);
  expect(subjects).toEqual(reused.map(() => 'CN=board'));
});

it('a client that takes a renewed certificate uses it at its next link, and resumes no session of the old one', async () => {
  const authorize = vi.fn((_: AuthorizeRequest) => true);
  const server = await serve(certificates.at, { authorize });
  const client = dial(server.tlsAddress!.port, certificates.from);
  await client.ready();
  await client.write('one'); // what the server has sent after the handshake is read now
  client.reload({ tls: { ca, ...authority.issue({ name: 'board' }) } });
  expect(client.status).toBe(true);
  for (const line of ['two', 'three']) {
    const down = client.once('state');
    await server.disconnect('board', 'again');
    await down;
    await client.write(line);
  }
  const [first, ...later] = authorize.mock.calls.map(([{ tls }]) => tls?.certificate?.serialNumber);
  expect(later[0]).not.toBe(first);
  expect(later).toEqual([later[0], later[0]]);
});

it('a key is renewed at the server first, and the client takes it without a restart', async () => {
  const renewed = randomBytes(32);
  let current = key;
  const server = await serve({ psk: () => current });
  const client = dial(server.tlsAddress!.port, keys.from);
  await client.ready();
  current = renewed;
  const refused = server.once('refused');
  await server.disconnect('board', 'its key was changed');
  expect(await refused).toMatchObject(['tls', undefined, HOST, expect.stringContaining('"board"') as string]);
  client.reload({ tls: { psk: { key: renewed } } });
  await client.write('here again');
  expect(await server.get('board').readline()).toBe('here again');
});

describe('a client that is refused hears that it is, and a healthy one beside it loses nothing:', () => {
  const expectRefused = async (client: Client) => {
    await expect(client.ready()).rejects.toMatchObject({
      cause: { code: 'ERR_REFUSED', message: expect.stringContaining("see the server's log") as string },
    });
  };

  async function beside(both: Both, attempt: (port: number) => Promise<void>): Promise<unknown[]> {
    const server = await serve(both.at);
    const { port } = server.tlsAddress!;
    const healthy = dial(port, both.from);
    await healthy.ready();
    const refused = server.once('refused');
    await attempt(port);
    await healthy.write('still here');
    expect(await server.get('board').readline()).toBe('still here');
    expect(server.get('board').connects).toBe(1);
    return refused;
  }

  it('an expired certificate', async () => {
    const expired = authority.issue({ name: 'board', expired: true });
    const refused = await beside(certificates, (port) => expectRefused(dial(port, { ca, ...expired })));
    expect(refused).toEqual(['tls', 'board', HOST, 'client certificate: CERT_HAS_EXPIRED']);
  });

  it('a certificate of another authority', async () => {
    const foreign = new Authority().issue({ name: 'board' });
    const refused = await beside(certificates, (port) => expectRefused(dial(port, { ca, ...foreign })));
    expect(refused.slice(0, 3)).toEqual(['tls', 'board', HOST]);
  });

  it('a certificate with the id of another client', async () => {
    const other = authority.issue({ name: 'other' });
    const refused = await beside(certificates, (port) => expectRefused(dial(port, { ca, ...other })));
    expect(refused).toEqual(['wrong-id', 'board', HOST, 'its certificate or key is for CN=other']);
  });

  it('a key with the id of another client', async () => {
    const refused = await beside(keys, (port) =>
      expectRefused(dial(port, { psk: { identity: 'board', key } }, { id: 'other' })),
    );
    expect(refused).toEqual(['wrong-id', 'other', HOST, 'its certificate or key is for "board"']);
  });

  it('a wrong key, which does not get so far as to be told by the server', async () => {
    const refused = await beside(keys, async (port) => {
      const wrong = dial(port, { psk: { key: randomBytes(32) } });
      await expect(wrong.ready()).rejects.toMatchObject({ cause: { code: 'ERR_TLS' } });
    });
    expect(refused.slice(0, 3)).toEqual(['tls', undefined, HOST]);
  });
});
