/** What does not belong is refused, and a healthy client beside it loses neither a line nor a link. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { Authority } from '@iot/vitest-config/certificates';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ListenOptions, Server } from '../src/index.js';
import { Board, next } from './board.js';
import {
  authority,
  helloOfTls10,
  keyOf,
  keyOptions,
  ofBoard,
  raw,
  start,
  tlsBoard,
  tlsSocket,
  withCertificates,
  withKeys,
} from './tls-tools.js';

/** A way to the server that keeps what clients send. */
async function recorder(server: Server) {
  const recorded: Buffer[] = [];
  const sockets: Socket[] = [];
  const relay = createServer((near) => {
    const far = dial(server.tlsAddress!.port, '127.0.0.1');
    sockets.push(
      near.on('error', () => undefined),
      far.on('error', () => undefined),
    );
    near.on('data', (chunk) => {
      recorded.push(chunk);
      far.write(chunk);
    });
    far.pipe(near);
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    relay.close();
  });
  return { recorded, port: (relay.address() as AddressInfo).port, cut };
}

describe('what is refused, beside a healthy client that loses neither a line nor a link:', () => {
  let server: Server;
  let healthy: Board;
  let sent: number;

  async function stillWell(): Promise<void> {
    const id = (sent++).toString(16).padStart(2, '0');
    healthy.says(`${id}up ${id}!\n`);
    expect(await server.get('healthy').readline()).toBe(`up ${id}!`);
    await healthy.hears(`${id}\n`);
    expect(server.get('healthy').connects).toBe(1);
  }

  async function begin(options: ListenOptions, ofHealthy: ConnectionOptions): Promise<void> {
    server = await start(options);
    healthy = await tlsBoard(server, ofHealthy);
    onTestFinished(() => void healthy.socket.destroy());
    healthy.says('healthy\n\n');
    await healthy.hears('\n');
    sent = 0;
    await stillWell();
  }

  const beginWithKeys = () => begin(withKeys, keyOptions('healthy', keyOf('healthy')));
  const beginWithCertificates = () =>
    begin(withCertificates, { ...authority.issue({ name: 'healthy' }), ca: authority.ca });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('a wrong key, over %s', async (version) => {
    await beginWithKeys();
    const refused = next(server, 'refused');
    const wrong = tlsSocket(
      server,
      keyOptions('board', randomBytes(32), { minVersion: version, maxVersion: version }),
    );
    await new Promise((resolve) => wrong.once('close', resolve));
    expect(await refused).toEqual([
      'tls',
      undefined,
      '127.0.0.1',
      expect.stringMatching(/^the TLS handshake with the key of "board" failed: ERR_SSL_/) as string,
    ]);
    await stillWell();
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'an identity that has no key, which fails as a wrong key does, over %s',
    async (version) => {
      await beginWithKeys();
      const errorOf = async (identity: string) => {
        const versions = { minVersion: version, maxVersion: version };
        const socket = tlsSocket(server, keyOptions(identity, randomBytes(32), versions));
        const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve));
        return error.code;
      };
      expect(await errorOf('stranger')).toBe(await errorOf('board'));
      await stillWell();
    },
  );

  it("a key with another client's id", async () => {
    await beginWithKeys();
    const refused = next(server, 'refused');
    using thief = await tlsBoard(server, keyOptions('board', keyOf('board')));
    thief.says('healthy\n00stolen\n');
    expect(await refused).toEqual([
      'wrong-id',
      'healthy',
      '127.0.0.1',
      'its certificate or key is for "board"',
    ]);
    await thief.gone();
    expect(thief.heard).toBe('');
    await stillWell();
  });

  it("a certificate with another client's id", async () => {
    await beginWithCertificates();
    const refused = next(server, 'refused');
    using thief = await tlsBoard(server, ofBoard);
    thief.says('healthy\n00stolen\n');
    expect(await refused).toEqual([
      'wrong-id',
      'healthy',
      '127.0.0.1',
      'its certificate or key is for CN=board',
    ]);
    await thief.gone();
    await stillWell();
  });

  it.each([
    [
      'that another authority has signed',
      () => new Authority().issue({ name: 'board' }),
      /^client certificate: /,
    ],
    [
      'that has expired',
      () => authority.issue({ name: 'board', expired: true }),
      /^client certificate: CERT_HAS_EXPIRED$/,
    ],
  ])('a certificate %s', async (_, issue, detail) => {
    await beginWithCertificates();
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const refused = next(server, 'refused');
      const options = { ...issue(), ca: authority.ca, minVersion: version, maxVersion: version };
      using wrong = await tlsBoard(server, options);
      wrong.says('board\n00hi\n');
      expect(await refused).toEqual(['tls', 'board', '127.0.0.1', expect.stringMatching(detail) as string]);
      await wrong.gone();
    }
    await stillWell();
  });

  it('plain bytes', async () => {
    await beginWithKeys();
    const refused = next(server, 'refused');
    using plain = await raw(server);
    plain.says('board\n\n00hi\n');
    expect(await refused).toEqual([
      'tls',
      undefined,
      '127.0.0.1',
      expect.stringContaining('the TLS handshake failed: ERR_SSL_') as string,
    ]);
    await plain.gone();
    await stillWell();
  });

  it('TLS 1.0', async () => {
    await beginWithKeys();
    const refused = next(server, 'refused');
    using old = await raw(server);
    old.says(helloOfTls10());
    expect(await refused).toEqual([
      'tls',
      undefined,
      '127.0.0.1',
      'the TLS handshake failed: ERR_SSL_UNSUPPORTED_PROTOCOL',
    ]);
    await old.gone();
    await stillWell();
  });

  const keys = [beginWithKeys, keyOptions('board', keyOf('board'))] as const;
  const certificates = [beginWithCertificates, ofBoard] as const;
  it.each([
    ['keys', 'TLSv1.2', keys],
    ['keys', 'TLSv1.3', keys],
    ['certificates', 'TLSv1.2', certificates],
    ['certificates', 'TLSv1.3', certificates],
  ] as const)(
    'the bytes of a link that were recorded and are played again, with %s, over %s',
    async (_, version, [begins, proof]) => {
      await begins();
      const { recorded, port, cut } = await recorder(server);
      const versions = { minVersion: version, maxVersion: version };
      const to = { host: '127.0.0.1', port, servername: 'server' };
      using board = new Board(connect({ ...proof, ...versions, ...to }));
      board.says('board\n\n00once\n');
      await board.hears('00\n');
      expect(await server.get('board').readline()).toBe('once');
      const down = server.get('board').once('state');
      cut();
      await down;

      const refused = next(server, 'refused');
      using player = await raw(server);
      for (const chunk of recorded) player.says(chunk);
      expect(await refused).toEqual([
        'tls',
        undefined,
        '127.0.0.1',
        expect.stringContaining('failed: ERR_SSL_') as string,
      ]);
      await player.gone();
      expect([server.get('board').connects, server.get('board').stats.received]).toEqual([1, 1]);
      await stillWell();
    },
  );
});
