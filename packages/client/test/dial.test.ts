import type * as Net from 'node:net';
import { connect, Socket } from 'node:net';
import { ownPort } from '@iot/vitest-config/ports';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { dial as dialWith, type DialTarget } from '../src/dial.js';
import { findAddresses } from '../src/find-addresses.js';
import { NameLookup } from '../src/name-lookup.js';
import { RawServer } from './raw-server.js';

vi.mock('../src/find-addresses.js', () => ({ findAddresses: vi.fn() }));
vi.mock('node:net', async (original) => {
  const net = await original<typeof Net>();
  return { ...net, connect: vi.fn(net.connect) };
});

/** `::1` refuses in all these tests: the server listens on 127.0.0.1 only. */
function found(...addresses: string[]): void {
  vi.mocked(findAddresses).mockResolvedValueOnce(addresses);
}

/** The next connection is to a black hole: no answer, and no refusal either. */
function blackHole(): Socket {
  const socket = new Socket();
  vi.mocked(connect as () => Socket).mockImplementationOnce(() => socket);
  return socket;
}

const unaborted = new AbortController().signal;
/** As a client that dials for the first time. */
const dial = (to: DialTarget, signal: AbortSignal) => dialWith(to, new NameLookup(to.host, signal), signal);
const target = { host: 'server.local', connectTimeoutMs: 5000 };

beforeEach(() => {
  vi.mocked(findAddresses).mockReset();
  vi.mocked(connect).mockClear();
});

describe('dialling', () => {
  it('an address does without a look-up', async () => {
    await using server = await RawServer.start();
    const socket = await dial({ ...target, host: '127.0.0.1', port: server.port }, unaborted);
    expect(socket.remotePort).toBe(server.port);
    expect(findAddresses).not.toHaveBeenCalled();
    socket.destroy();
  });

  it('a name tries its addresses in turn until one works', async () => {
    await using server = await RawServer.start();
    found('::1', '127.0.0.1');
    const socket = await dial({ ...target, port: server.port }, unaborted);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    expect(connect).toHaveBeenCalledTimes(2);
    socket.destroy();
  });

  it('looks a name up again each time', async () => {
    await using server = await RawServer.start();
    found('::1');
    await expect(dial({ ...target, port: server.port }, unaborted)).rejects.toThrow();
    found('127.0.0.1');
    const socket = await dial({ ...target, port: server.port }, unaborted);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });

  it('gives a socket that sends small segments at once', async () => {
    await using server = await RawServer.start();
    const socket = await dial({ ...target, host: '127.0.0.1', port: server.port }, unaborted);
    expect(vi.mocked(connect).mock.calls[0]?.[0]).toMatchObject({ noDelay: true });
    socket.destroy();
  });
});

describe('a failure to connect', () => {
  it('is a LinkError that says where to and why, with the last failure as its cause', async () => {
    const { host, port } = await ownPort();
    found('::1', host);
    await expect(dial({ ...target, port }, unaborted)).rejects.toMatchObject({
      name: 'LinkError',
      code: 'ERR_CONNECT',
      message: `cannot connect to server.local:${port} (ECONNREFUSED): is the server running, and the address right?`,
      cause: { code: 'ECONNREFUSED', address: host },
    });
  });

  it('says so when the name is not found', async () => {
    vi.mocked(findAddresses).mockRejectedValueOnce(
      Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }),
    );
    await expect(dial({ ...target, port: 1 }, unaborted)).rejects.toMatchObject({
      code: 'ERR_CONNECT',
      message: 'cannot find the address of server.local (ENOTFOUND): is the name right, and the network up?',
      cause: { code: 'ENOTFOUND' },
    });
    expect(connect).not.toHaveBeenCalled();
  });

  it('has the cause EAI_AGAIN when it is not known whether the name does not exist or the network is down', async () => {
    vi.mocked(findAddresses).mockRejectedValueOnce(
      new Error('the name does not exist, or no name server has answered'),
    );
    await expect(dial({ ...target, port: 1 }, unaborted)).rejects.toMatchObject({
      message:
        'cannot find the address of server.local (the name does not exist, or no name server has answered): is the name right, and the network up?',
      cause: { code: 'EAI_AGAIN' },
    });
  });

  it('comes when the look-up does not answer in time', async () => {
    vi.mocked(findAddresses).mockReturnValueOnce(new Promise(() => {}));
    await expect(dial({ ...target, port: 1, connectTimeoutMs: 10 }, unaborted)).rejects.toMatchObject({
      code: 'ERR_CONNECT',
      message: expect.stringContaining('no answer in time') as string,
      cause: { code: 'EAI_AGAIN' },
    });
  });

  it('comes when the address does not answer in time, and leaves no socket open', async () => {
    const socket = blackHole();
    const dialling = dial({ host: '127.0.0.1', port: 1, connectTimeoutMs: 10 }, unaborted);
    await expect(dialling).rejects.toMatchObject({ code: 'ERR_CONNECT' });
    expect(socket.destroyed).toBe(true);
    for (let i = 0; i < 2; i++) expect(() => socket.emit('error', new Error('late'))).not.toThrow();
  });

  it('of one address leaves the others their share of the time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    blackHole();
    const slow = blackHole();
    found('127.0.0.9', '127.0.0.1');
    const itsTurn = new Promise((resolve) => slow.once('newListener', resolve));
    const dialling = dial({ ...target, port: 1, connectTimeoutMs: 2000 }, unaborted);
    await vi.advanceTimersByTimeAsync(1000);
    await itsTurn;
    await vi.advanceTimersByTimeAsync(999);
    slow.emit('connect');
    expect(await dialling).toBe(slow);
  });
});

describe('aborting', () => {
  it('before the call opens no connection', async () => {
    vi.mocked(findAddresses).mockRejectedValueOnce(new Error('not awaited'));
    await expect(dial({ ...target, port: 1 }, AbortSignal.abort('enough'))).rejects.toBe('enough');
    expect(connect).not.toHaveBeenCalled();
  });

  it('during the look-up rejects with the reason, at once', async () => {
    vi.mocked(findAddresses).mockReturnValueOnce(new Promise(() => {}));
    const abort = new AbortController();
    const dialling = dial({ ...target, port: 1 }, abort.signal);
    abort.abort('enough');
    await expect(dialling).rejects.toBe('enough');
  });

  it('while connecting destroys the socket and tries no further address', async () => {
    const socket = blackHole();
    found('127.0.0.9', '127.0.0.1');
    const abort = new AbortController();
    const dialling = dial({ ...target, port: 1 }, abort.signal);
    await new Promise((resolve) => setImmediate(resolve)); // the look-up has answered
    expect(connect).toHaveBeenCalled();
    abort.abort('enough');
    await expect(dialling).rejects.toBe('enough');
    expect(socket.destroyed).toBe(true);
    expect(connect).toHaveBeenCalledTimes(1);
  });

  it('leaves nothing at the signal once the dialling is over', async () => {
    await using server = await RawServer.start();
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    signal.addEventListener = (_: string, listener: unknown) => listeners.add(listener);
    signal.removeEventListener = (_: string, listener: unknown) => listeners.delete(listener);
    found('::1', '127.0.0.1');
    (await dial({ ...target, port: server.port }, signal)).destroy();
    expect(listeners.size).toBe(0);
  });
});
