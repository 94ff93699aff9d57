import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AuthorizeRequest, Server } from '../src/index.js';
import { Board, next, turn } from './board.js';
import {
  authority,
  keyOf,
  keyOptions,
  local,
  ofBoard,
  ofServer,
  OpensslBoard,
  psk,
  start,
  tlsBoard,
  tlsSocket,
  withCertificates,
  withKeys,
} from './tls-tools.js';

/** One line each way, acked. */
async function exchange(server: Server, id: string, board: Board | OpensslBoard): Promise<void> {
  board.says('00up\n');
  expect(await server.get(id).readline()).toBe('up');
  await board.hears('00\n');
  const written = server.get(id).write('down');
  await board.hears('00down\n');
  board.says('00\n');
  await written;
}

describe('a server with pre-shared keys serves openssl', () => {
  it.each([
    '-tls1_3',
    '-tls1_2',
    '-tls1_2 -cipher PSK-AES128-GCM-SHA256',
    '-tls1_2 -cipher PSK-AES128-CCM8',
    '-tls1_2 -cipher PSK-AES128-CBC-SHA256',
    '-tls1_2 -cipher ECDHE-PSK-AES128-CBC-SHA256',
  ])('with %s', async (args) => {
    const server = await start(withKeys);
    const key = ['-psk_identity', 'board', '-psk', keyOf('board').toString('hex')];
    const board = new OpensslBoard(server, [...args.split(' '), ...key]);
    board.says('board\n\n');
    await board.hears('\n');
    await exchange(server, 'board', board);
    expect(server.get('board').remoteAddress).toBe('127.0.0.1');
  });
});

describe('a server with certificates serves openssl', () => {
  it.each(['-tls1_2', '-tls1_3'])('with %s', async (version) => {
    const server = await start({ ...local, tls: { port: 0, ...ofServer } });
    const board = new OpensslBoard(server, [version]);
    board.says('board\n\n');
    await board.hears('\n');
    await exchange(server, 'board', board);
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('over %s', (version) => {
  const versions = { minVersion: version, maxVersion: version };

  it('authorize gets the identity of the key', async () => {
    const authorize = vi.fn((_: AuthorizeRequest) => true);
    const server = await start({ ...withKeys, authorize });
    using board = await tlsBoard(server, keyOptions('board', keyOf('board'), versions));
    board.says('board\n\n');
    await board.hears('\n');
    expect(authorize.mock.calls[0]![0].tls).toEqual({
      protocol: version,
      identity: 'board',
      certificate: undefined,
    });
  });

  it('authorize gets the certificate', async () => {
    const authorize = vi.fn((_: AuthorizeRequest) => true);
    const server = await start({ ...withCertificates, authorize });
    using board = await tlsBoard(server, { ...ofBoard, ...versions });
    board.says('board\n\n');
    await board.hears('\n');
    const { tls } = authorize.mock.calls[0]![0];
    expect(tls).toMatchObject({ protocol: version, identity: undefined });
    expect(tls?.certificate?.subject).toBe('CN=board');
  });

  it('a client that resumes its session is asked for no certificate again, and has proven the same', async () => {
    const authorize = vi.fn((_: AuthorizeRequest) => true);
    const server = await start({ ...withCertificates, authorize, onDuplicate: 'takeover' });
    const socket = tlsSocket(server, { ...ofBoard, ...versions });
    const session = new Promise<Buffer>((resolve) => socket.once('session', resolve));
    using board = new Board(socket);
    board.says('board\n\n');
    await board.hears('\n');
    const again = tlsSocket(server, { ca: authority.ca, ...versions, session: await session });
    using resumed = new Board(again);
    resumed.says('board\n\n');
    await resumed.hears('\n');
    expect(again.isSessionReused()).toBe(true);
    expect(authorize.mock.calls[1]![0].tls?.certificate?.subject).toBe('CN=board');
  });

  it('a session that is resumed does not outlast the certificate that it began with', async () => {
    const server = await start(withCertificates);
    const socket = tlsSocket(server, { ...ofBoard, ...versions });
    const session = new Promise<Buffer>((resolve) => socket.once('session', resolve));
    using board = new Board(socket);
    board.says('board\n\n');
    await board.hears('\n');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3 * 24 * 3600 * 1000 });
    onTestFinished(() => void vi.useRealTimers());
    const refused = next(server, 'refused');
    using resumed = new Board(tlsSocket(server, { ca: authority.ca, ...versions, session: await session }));
    resumed.says('board\n\n');
    expect(await refused).toEqual(['tls', 'board', '127.0.0.1', 'client certificate: CERT_HAS_EXPIRED']);
  });

  it('a client without a certificate gets in by no session that it resumes', async () => {
    const server = await start(withCertificates);
    const socket = tlsSocket(server, { ca: authority.ca, ...versions });
    const given = new Promise<Buffer>((resolve) => socket.once('session', resolve));
    using board = new Board(socket);
    const session = await given;
    await turn(); // Node loses what is written from inside this event
    const first = next(server, 'refused');
    board.says('board\n\n');
    expect(await first).toEqual(['tls', 'board', '127.0.0.1', 'no client certificate']);
    const second = next(server, 'refused');
    const again = tlsSocket(server, { ca: authority.ca, ...versions, session });
    const reused = new Promise((resolve) =>
      again.once('secureConnect', () => resolve(again.isSessionReused())),
    );
    using resumed = new Board(again);
    resumed.says('board\n\n');
    expect(await second).toEqual(['tls', 'board', '127.0.0.1', 'no client certificate']);
    expect(await reused).toBe(true);
    await resumed.gone();
    expect(server.has('board')).toBe(false);
  });

  it('a client with a key gets no session to resume: it is asked for its key at each link', async () => {
    const asked = vi.fn(psk);
    const server = await start({ ...local, tls: { port: 0, psk: asked }, onDuplicate: 'takeover' });
    const options = keyOptions('board', keyOf('board'), versions);
    const socket = tlsSocket(server, options);
    using board = new Board(socket);
    board.says('board\n\n');
    await board.hears('\n');
    const session = socket.getSession();
    using again = new Board(tlsSocket(server, { ...options, session }));
    again.says('board\n\n');
    await again.hears('\n');
    expect(asked).toHaveBeenCalledTimes(2);
  });
});
