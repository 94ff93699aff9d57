/** What does not belong is refused, and a healthy client beside it loses neither a line nor a link. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { Authority } from '@iot/vitest-config/certificates';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { listen, type ListenOptions, type Server } from '../src/index.js';
import { tlsSettings } from '../src/tls/options.js';
import { SecurePort } from '../src/tls/secure-port.js';
import { Board, next, turn, withVirtualTime } from './board.js';
import {
  authority,
  keyOf,
  keyOptions,
  ofBoard,
  start,
  tlsBoard,
  tlsSocket,
  withCertificates,
  withKeys,
} from './tls-tools.js';

/** A board on the port for TLS that does not speak TLS. */
async function raw(server: Server): Promise<Board> {
  const socket = dial(server.tlsAddress!.port, '127.0.0.1');
  await once(socket, 'connect');
  return new Board(socket);
}

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

/** The first bytes of a client that knows no more than TLS 1.0. */
function helloOfTls10(): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 1]), // its version
    randomBytes(32),
    Buffer.from([0, 0, 2, 0, 0x2f, 1, 0]), // no session; one cipher, AES128-SHA; no compression
  ]);
  const message = Buffer.concat([Buffer.from([1, 0, 0, body.length]), body]);
  return Buffer.concat([Buffer.from([22, 3, 1, 0, message.length]), message]);
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
    expect(await refused).toEqual(['wrong-id', 'healthy', '127.0.0.1', 'it has proven to be "board"']);
    await thief.gone();
    expect(thief.heard).toBe('');
    await stillWell();
  });

  it("a certificate with another client's id", async () => {
    await beginWithCertificates();
    const refused = next(server, 'refused');
    using thief = await tlsBoard(server, ofBoard);
    thief.says('healthy\n00stolen\n');
    expect(await refused).toEqual(['wrong-id', 'healthy', '127.0.0.1', 'it has proven to be CN=board']);
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

  it('the bytes of a link that were recorded and are played again', async () => {
    await beginWithKeys();
    const { recorded, port, cut } = await recorder(server);
    const socket = connect({ ...keyOptions('board', keyOf('board')), host: '127.0.0.1', port });
    using board = new Board(socket);
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
  });
});

describe('the time of a TLS handshake', () => {
  withVirtualTime();

  it('is the timeout, however many bytes come meanwhile, and counts for the hello too', async () => {
    const server = await start({ ...withKeys, timeout: 1000 });
    using slow = await raw(server);
    while (vi.getTimerCount() === 0) await turn();
    const refused = next(server, 'refused');
    for (const byte of helloOfTls10().subarray(0, 9)) {
      slow.says(Uint8Array.of(byte));
      await turn();
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(100);
    expect(await refused).toEqual([
      'tls',
      undefined,
      '127.0.0.1',
      'the TLS handshake was not done within 1000 ms',
    ]);
    await slow.gone();
  });

  it('is over when the server is closed', async () => {
    const server = await start(withKeys);
    using silent = await raw(server);
    while (vi.getTimerCount() === 0) await turn();
    await server.close();
    await silent.gone();
  });
});

describe('TLS handshakes at a time', () => {
  withVirtualTime();

  const few = { ...withKeys, timeout: 1000, tls: { ...withKeys.tls, maxHandshakes: 2 } };

  /** As many as may be, none of which goes on. */
  async function full(server: Server): Promise<readonly [Board, Board]> {
    const entered = vi.spyOn(SecurePort.prototype, 'enter');
    const boards = [await raw(server), await raw(server)] as const;
    while (entered.mock.calls.length < 2) await turn();
    entered.mockRestore();
    for (const board of boards) onTestFinished(() => void board.socket.destroy());
    return boards;
  }

  it('are no more than maxHandshakes: a newcomer beyond it is refused', async () => {
    const server = await start(few);
    await full(server);
    const refused = next(server, 'refused');
    using late = await raw(server);
    expect(await refused).toEqual([
      'too-many-connections',
      undefined,
      '127.0.0.1',
      'there are 2 TLS handshakes already',
    ]);
    await late.gone();
  });

  it('one that has stopped is given up for a newcomer, which is let in', async () => {
    const server = await start(few);
    const [first, second] = await full(server);
    vi.advanceTimersByTime(251);
    const refused = next(server, 'refused');
    using board = await tlsBoard(server, keyOptions('board', keyOf('board')));
    board.says('board\n\n');
    await board.hears('\n');
    expect(await refused).toEqual([
      'tls',
      undefined,
      '127.0.0.1',
      'the TLS handshake was not done within 251 ms, and others have come',
    ]);
    await first.gone();
    expect(second.socket.destroyed).toBe(false);
  });

  it('that are done count no more', async () => {
    const server = await start(few);
    for (const id of ['board', 'healthy', 'board', 'healthy']) {
      const board = await tlsBoard(server, keyOptions(id, keyOf(id)));
      onTestFinished(() => void board.socket.destroy());
    }
  });

  it('are 1000 at most by default, and at least 1', async () => {
    expect(tlsSettings(withKeys.tls).maxHandshakes).toBe(1000);
    const none = listen({ ...withKeys, tls: { ...withKeys.tls, maxHandshakes: 0 } });
    await expect(none).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' });
  });
});
