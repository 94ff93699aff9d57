/** Against `openssl s_server`: what a server with other code does, and what is wrong with it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Authority, type Certificate } from '@iot/vitest-config/certificates';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { News } from '@iot/vitest-config/news';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, type Client, type ConnectOptions, type TlsConnectOptions } from '../src/index.js';

const authority = new Authority();
const { ca } = authority;
const ofServer = authority.issue({ name: 'server', names: ['localhost', '127.0.0.1'] });
const ofBoard = authority.issue({ name: 'board' });
const key = randomBytes(32);

/** `openssl s_server`: what clients say is heard, and it says what it is told. */
class OpensslServer {
  heard = '';
  readonly #process: ChildProcess;
  readonly #news = new News();

  private constructor(args: readonly string[]) {
    this.#process = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', ...args]);
    for (const stream of [this.#process.stdout!, this.#process.stderr!])
      stream.on('data', (text: Buffer) => {
        this.heard += String(text);
        this.#news.tell();
      });
    this.#process.stdin!.on('error', () => undefined);
    onTestFinished(async () => {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'close');
    });
  }

  static async start(args: readonly string[]): Promise<{ server: OpensslServer; port: number }> {
    const server = new OpensslServer(args);
    const [, port] = await server.hears(/ACCEPT .*:(\d+)/);
    return { server, port: Number(port) };
  }

  static withCertificate({ key, cert }: Certificate, more: readonly string[] = []) {
    return OpensslServer.start([...files({ key, cert }), ...more]);
  }

  says(text: string): void {
    this.#process.stdin!.write(text);
  }

  /** Resolves once this has come; what came before it and itself are forgotten. */
  async hears(pattern: RegExp): Promise<RegExpExecArray> {
    const found = await this.#news.until(() => pattern.exec(this.heard));
    this.heard = this.heard.slice(found.index + found[0].length);
    return found;
  }
}

/** Arguments that name files with these texts. */
function files(texts: Readonly<Record<string, string>>): string[] {
  const folder = temporaryFolder();
  return Object.entries(texts).flatMap(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return [`-${name}`, join(folder, name)];
  });
}

function dial(port: number, tls: TlsConnectOptions, more: Partial<ConnectOptions> = {}): Client {
  const client = connect({
    id: 'board',
    host: '127.0.0.1',
    port,
    tls,
    protocol: 1,
    timeout: 20_000,
    ...more,
  });
  onTestFinished(() => client.close());
  return client;
}

/** The link comes up, and a line goes each way. */
async function exchange(server: OpensslServer, client: Client): Promise<void> {
  await server.hears(/^board$/m);
  server.says('\n');
  await client.ready();
  const written = client.write('up');
  await server.hears(/^00up$/m);
  server.says('00\n00down\n');
  await written;
  expect(await client.readline()).toBe('down');
}

const versions = ['-tls1_2', '-tls1_3'];

describe('a client over TLS talks to openssl', () => {
  it.each(versions)('with a pre-shared key, %s', async (version) => {
    const args = ['-nocert', '-psk_identity', 'board', '-psk', key.toString('hex'), version];
    const { server, port } = await OpensslServer.start(args);
    const client = dial(port, { psk: { key } });
    await exchange(server, client);
    expect(client.remoteAddress).toBe('127.0.0.1');
  });

  it.each(['PSK-AES128-GCM-SHA256', 'PSK-AES128-CBC-SHA256'])('with a key and %s', async (cipher) => {
    const args = [
      '-nocert',
      '-psk_identity',
      'seven',
      '-psk',
      key.toString('hex'),
      '-tls1_2',
      '-cipher',
      cipher,
    ];
    const { server, port } = await OpensslServer.start(args);
    await exchange(server, dial(port, { psk: { identity: 'seven', key } }));
  });

  it.each(versions)('with the certificate of the server, %s', async (version) => {
    const { server, port } = await OpensslServer.withCertificate(ofServer, [version]);
    await exchange(server, dial(port, { ca }));
  });

  it.each(versions)('with certificates of both, %s', async (version) => {
    const asks = ['-Verify', '1', '-verify_return_error', ...files({ CAfile: ca }), version];
    const { server, port } = await OpensslServer.withCertificate(ofServer, asks);
    await exchange(server, dial(port, { ca, ...ofBoard }));
  });

  it('under the name that it was given', async () => {
    const { server, port } = await OpensslServer.withCertificate(
      authority.issue({ name: 'x', names: ['hub.example'] }),
    );
    await exchange(server, dial(port, { ca, servername: 'hub.example' }));
  });
});

describe('a client over TLS comes to no link', () => {
  /** What `ready` rejects with, if it does. */
  async function failure(client: Client): Promise<unknown> {
    const error: unknown = await client.ready().catch((it: unknown) => it);
    return (error as Error).cause;
  }

  const failed = (code: string, hint: string) => ({
    name: 'LinkError',
    code: 'ERR_TLS',
    message: expect.stringMatching(
      new RegExp(`^the TLS handshake with 127.0.0.1 failed \\(.*${code}.*\\): .*${hint}`),
    ) as string,
  });

  it.each([
    [
      'that has expired',
      () => authority.issue({ name: 'x', names: ['127.0.0.1'], expired: true }),
      'CERT_HAS_EXPIRED',
      'renew it',
    ],
    [
      'for another name',
      () => authority.issue({ name: 'x', names: ['other'] }),
      'ALTNAME_INVALID',
      'tls.servername',
    ],
    [
      'that another authority has signed',
      () => new Authority().issue({ name: 'x', names: ['127.0.0.1'] }),
      'UNABLE_TO',
      'tls.ca',
    ],
  ])('with a server whose certificate is one %s', async (_, issue, code, hint) => {
    for (const version of versions) {
      const { port } = await OpensslServer.withCertificate(issue(), [version]);
      expect(await failure(dial(port, { ca }))).toMatchObject(failed(code, hint));
    }
  });

  it.each(versions)('with a server that has another key, %s', async (version) => {
    const args = ['-nocert', '-psk_identity', 'board', '-psk', 'ab'.repeat(32), version];
    const { port } = await OpensslServer.start(args);
    expect(await failure(dial(port, { psk: { key } }))).toMatchObject(failed('ALERT', 'with this key'));
  });

  it.each(versions)('with a key, when the server has a certificate instead, %s', async (version) => {
    const { server, port } = await OpensslServer.withCertificate(ofServer, [version]);
    expect(await failure(dial(port, { psk: { key } }))).toMatchObject({ code: 'ERR_TLS' });
    expect(server.heard).not.toContain('board');
  });

  it.each(versions)('without a certificate, when the server asks for one, %s', async (version) => {
    const asks = ['-Verify', '1', '-verify_return_error', ...files({ CAfile: ca }), version];
    const { port } = await OpensslServer.withCertificate(ofServer, asks);
    expect(await failure(dial(port, { ca }))).toMatchObject(failed('ALERT', 'tls.cert and tls.key'));
  });

  it('at a port that does not speak TLS', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).end('hello\n')).listen(
      0,
      '127.0.0.1',
    );
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await failure(dial(port, { ca }))).toMatchObject(failed('', 'does not speak TLS'));
  });

  it('with a server that says nothing, for longer than an attempt may take', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = dial(port, { ca }, { connectTimeoutMs: 50 });
    expect(await failure(client)).toMatchObject({ code: 'ERR_CONNECT' });
    server.close();
    await once(server, 'close'); // no socket is left
  });
});

describe('a client that takes another key', () => {
  it('uses it at the next attempt to connect', async () => {
    const args = ['-nocert', '-psk_identity', 'board', '-psk', key.toString('hex')];
    const { server, port } = await OpensslServer.start(args);
    const failures: string[] = [];
    const client = dial(
      port,
      { psk: { key: randomBytes(32) } },
      {
        badServer: ({ code }) => {
          failures.push(code);
          client.reload({ tls: { psk: { key } } });
        },
      },
    );
    await exchange(server, client);
    expect(failures).toEqual(['ERR_TLS']);
  });

  it('keeps the one that it has when the other cannot work', async () => {
    const args = ['-nocert', '-psk_identity', 'board', '-psk', key.toString('hex')];
    const { server, port } = await OpensslServer.start(args);
    const client = dial(port, { psk: { key } });
    expect(() => client.reload({ tls: { psk: { key: key.subarray(1, 5) } } })).toThrow('16 to 512 bytes');
    await exchange(server, client);
  });

  it('has TLS', () => {
    const client = connect({ id: 'board', host: '127.0.0.1', port: 1 });
    onTestFinished(() => client.close());
    expect(() => client.reload({ tls: { psk: { key } } })).toThrow(
      'this client has no TLS: give tls to connect',
    );
  });
});

describe('the options of TLS at a client', () => {
  const bad: [string, TlsConnectOptions, string][] = [
    ['a certificate without its key', { cert: ofBoard.cert }, 'tls.cert and tls.key belong together'],
    [
      'a key of another certificate',
      { ...ofBoard, key: ofServer.key },
      'does the key belong to the certificate?',
    ],
    [
      'both kinds',
      { psk: { key }, ca } as never,
      'tls.psk cannot be used together with ca, cert, key or servername',
    ],
    [
      'a key of less than 16 bytes',
      { psk: { key: key.subarray(0, 15) } },
      'tls.psk.key must be a Uint8Array of 16 to 512',
    ],
    [
      'a key that is a text',
      { psk: { key: key.toString('hex') as never } },
      'tls.psk.key must be a Uint8Array',
    ],
    [
      'an identity of more than 128 bytes',
      { psk: { key, identity: 'x'.repeat(129) } },
      'tls.psk.identity must be',
    ],
    ['a servername that is an address', { ca, servername: '127.0.0.1' }, 'tls.servername must be the name'],
    ['an unknown one', { cafile: ca } as never, 'there is no option tls.cafile'],
    ['an unknown one of the key', { psk: { key, id: 'x' } } as never, 'there is no option tls.psk.id'],
  ];

  it.each(bad)('with %s are refused, and the error shows no key', (_, tls, message) => {
    const attempt = () => connect({ id: 'board', host: '127.0.0.1', port: 1, tls });
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ name: 'UsageError', code: 'ERR_BAD_OPTION' }) as Error);
    try {
      attempt();
    } catch (error) {
      const seen = inspect(error, { depth: 20, showHidden: true });
      expect(seen).not.toContain(key.toString('hex'));
      expect(seen).not.toContain(ofServer.key.split('\n')[1]!);
    }
  });

  it('show no key in the client, nor in its failure or its log', async () => {
    const args = ['-nocert', '-psk_identity', 'board', '-psk', 'ab'.repeat(32)];
    const { port } = await OpensslServer.start(args);
    const logged: unknown[] = [];
    const note = (...fields: unknown[]) => void logged.push(fields);
    const logger = { debug: note, info: note, warn: note, error: note };
    const client = dial(port, { psk: { key } }, { logger });
    const error: unknown = await client.ready().catch((it: unknown) => it);
    const seen = inspect([client, error, logged], { depth: 20, showHidden: true });
    expect(seen).toContain('ERR_TLS');
    expect(seen).not.toContain(key.toString('hex'));
    expect(seen).not.toContain(
      `${key[0]!.toString(16).padStart(2, '0')} ${key[1]!.toString(16).padStart(2, '0')} ${key[2]!.toString(16).padStart(2, '0')}`,
    );
  });
});
