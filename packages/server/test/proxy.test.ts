/** Behind a load balancer that speaks the PROXY protocol: which address counts, and who may say one. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect as dialTcp, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { listen, type AuthorizeRequest, type ListenOptions, type Server } from '../src/index.js';
import { Board, newcomer, next, withVirtualTime } from './board.js';
import { proxyHeader } from './proxy-tools.js';
import { keyOf, keyOptions, local, psk, start, withKeys } from './tls-tools.js';

const PLAIN = { ...local, port: 0, proxyProtocol: ['127.0.0.1'] } as const;
const HEADER = proxyHeader({ address: '198.51.100.7' });

/** A connection, as the proxy makes one. */
async function dial(server: Server, port = server.address.port): Promise<Socket> {
  const socket = dialTcp({ port, host: '127.0.0.1', noDelay: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function board(server: Server, first: Buffer | string): Promise<Board> {
  const it = new Board(await dial(server));
  it.says(first);
  return it;
}

describe('a client behind a listed proxy', () => {
  it('has the address that the header has, for authorize, for the event and for its connection', async () => {
    const authorize = vi.fn(({ id }: AuthorizeRequest) => id === 'good');
    const server = await start({ ...PLAIN, authorize });
    using good = await board(server, Buffer.concat([HEADER, Buffer.from('good\n\n')]));
    await good.hears('\n');
    expect(server.get('good').remoteAddress).toBe('198.51.100.7');
    expect(authorize.mock.calls[0]![0].address).toBe('198.51.100.7');
    const refused = next(server, 'refused');
    using bad = await board(
      server,
      Buffer.concat([proxyHeader({ address: '2001:db8::7' }), Buffer.from('bad\n')]),
    );
    expect(await refused).toEqual(['not-authorized', 'bad', '2001:db8::7', 'authorize did not return true']);
    await bad.gone();
  });

  it('loses none of its bytes, wherever they are cut', async () => {
    const server = await start(PLAIN);
    using client = await board(server, '');
    for (const byte of [...HEADER, ...Buffer.from('board\n\n00hi\n')]) {
      await new Promise((resolve) => client.socket.write(Uint8Array.of(byte), resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await (await server.client('board')).readline()).toBe('hi');
    expect(server.get('board').remoteAddress).toBe('198.51.100.7');
  });

  it.each([
    ['with its handshake after the header', (socket: Socket) => void socket.write(HEADER)],
    [
      'with a header that comes byte by byte',
      async (socket: Socket) => {
        for (const byte of HEADER) await new Promise((resolve) => socket.write(Uint8Array.of(byte), resolve));
      },
    ],
  ])('comes over TLS too, %s', async (_, sayHeader) => {
    const server = await start({ ...withKeys, proxyProtocol: ['127.0.0.0/8'] });
    const socket = await dial(server, server.tlsAddress!.port);
    await sayHeader(socket);
    const secure = tlsConnect({ ...keyOptions('board', keyOf('board')), socket, servername: 'server' });
    using client = new Board(secure);
    client.says('board\n\n00hi\n');
    expect(await (await server.client('board')).readline()).toBe('hi');
    expect(server.get('board').remoteAddress).toBe('198.51.100.7');
  });

  it('comes over TLS in one segment with the header', async () => {
    const server = await start({ ...withKeys, proxyProtocol: ['127.0.0.1'] });
    const socket = await dial(server, server.tlsAddress!.port);
    socket.cork();
    socket.write(HEADER);
    const secure = tlsConnect({ ...keyOptions('board', keyOf('board')), socket, servername: 'server' });
    socket.uncork();
    using client = new Board(secure);
    client.says('board\n\n');
    await client.hears('\n');
    expect(server.get('board').remoteAddress).toBe('198.51.100.7');
  });

  it('is the proxy itself in a health check', async () => {
    const server = await start(PLAIN);
    using check = await board(
      server,
      Buffer.concat([proxyHeader({ command: 0x20 }), Buffer.from('board\n\n')]),
    );
    await check.hears('\n');
    expect(server.get('board').remoteAddress).toBe('127.0.0.1');
  });
});

describe('a listed proxy is refused', () => {
  it.each([
    ['a hello without a header', Buffer.from('board\n')],
    ['a header of version 1', Buffer.from('PROXY TCP4 198.51.100.7 10.0.0.1 4 5\r\nboard\n')],
  ])('that sends %s', async (_, bytes) => {
    for (const options of [PLAIN, { ...withKeys, proxyProtocol: ['127.0.0.1'] }] as ListenOptions[]) {
      const server = await start(options);
      const refused = next(server, 'refused');
      using client = await board(server, bytes);
      const detail =
        'no PROXY header from a listed address: it does not begin like a header of version 2 (send-proxy-v2)';
      expect(await refused).toEqual(['proxy', undefined, '127.0.0.1', detail]);
      await client.gone();
      expect(server.has('board')).toBe(false);
    }
  });

  it('and nothing is said of one that closes before its header has come, as some health checks do', async () => {
    const server = await start(PLAIN);
    const refused = vi.fn();
    server.on('refused', refused);
    using check = await board(server, HEADER.subarray(0, 20));
    check.socket.end();
    await check.gone();
    using client = await board(server, Buffer.concat([HEADER, Buffer.from('board\n\n')]));
    await client.hears('\n');
    expect(refused).not.toHaveBeenCalled();
  });

  it('and nothing is said of one that was reset before it was accepted, as some health checks do', async () => {
    const server = await start(PLAIN);
    const refused = vi.fn();
    server.on('refused', refused);
    // All of it while this process is suspended.
    const check = `const socket = require('node:net').connect(${server.address.port}, '127.0.0.1', () =>
      socket.write(Buffer.from('${HEADER.toString('hex')}', 'hex'), () => socket.resetAndDestroy()));`;
    execFileSync(process.execPath, ['-e', check]);
    using client = await board(server, Buffer.concat([HEADER, Buffer.from('board\n\n')]));
    await client.hears('\n');
    expect(refused).not.toHaveBeenCalled();
  });

  it('and one whose header has not come does not hold up the close of the server', async () => {
    const server = await listen(PLAIN);
    using client = await newcomer(server);
    await server.close();
    await client.gone();
  });
});

describe('in virtual time', () => {
  withVirtualTime();

  it('a proxy has the time of one hello for its header', async () => {
    const server = await start({ ...PLAIN, timeout: 1000 });
    using client = await newcomer(server);
    const refused = next(server, 'refused');
    vi.advanceTimersByTime(1000);
    const detail = 'no PROXY header from a listed address: it did not arrive within 1000 ms';
    expect(await refused).toEqual(['proxy', undefined, '127.0.0.1', detail]);
    await client.gone();
  });
});

describe('a client that is not a listed proxy', () => {
  const elsewhere = ['10.0.0.0/8', '::1', '127.0.0.2'];

  it('needs no header', async () => {
    const server = await start({ ...PLAIN, proxyProtocol: elsewhere });
    using client = await Board.up(server, 'board');
    expect(client.heard).toBe('');
    expect(server.get('board').remoteAddress).toBe('127.0.0.1');
  });

  it('cannot say another address: its header is a bad hello', async () => {
    for (const proxyProtocol of [elsewhere, undefined]) {
      const server = await start({ ...PLAIN, proxyProtocol });
      const refused = next(server, 'refused');
      using client = await board(server, Buffer.concat([HEADER, Buffer.from('board\n')]));
      const detail = String.raw`its id has control characters: "\r"`;
      expect(await refused).toEqual(['bad-hello', undefined, '127.0.0.1', detail]);
      await client.gone();
    }
  });

  it('gets no TLS handshake after a header', async () => {
    const server = await start({ ...local, tls: { port: 0, psk }, proxyProtocol: elsewhere });
    const refused = next(server, 'refused');
    using client = await board(server, HEADER);
    const detail = 'the TLS handshake failed: ERR_SSL_WRONG_VERSION_NUMBER';
    expect(await refused).toEqual(['tls', undefined, '127.0.0.1', detail]);
    await client.gone();
  });
});

it.each([['10.0.0.0/33'], ['::1/129'], ['proxy.example'], ['10.0.0.1/'], ['10.0.0'], [''], [7 as never]])(
  'proxyProtocol: [%j] is refused',
  async (address) => {
    await expect(listen({ ...PLAIN, proxyProtocol: [address] })).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      message: expect.stringContaining("must be a list of addresses, such as '10.0.0.5'") as string,
    });
  },
);

it('proxyProtocol must be a list', async () => {
  await expect(listen({ ...PLAIN, proxyProtocol: '10.0.0.5' })).rejects.toMatchObject({
    code: 'ERR_BAD_OPTION',
    message: 'proxyProtocol must be a list or set, not string',
  });
});
