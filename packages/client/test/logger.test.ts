import { ownPort } from '@iot/vitest-config/ports';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, type ConnectOptions, type Logger } from '../src/index.js';
import { FakeNetwork } from './fake-network.js';
import { RawServer } from './raw-server.js';

beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Takes down what is logged, as text. */
class Journal implements Logger {
  readonly entries: { level: keyof Logger; fields: Record<string, unknown>; message: string }[] = [];
  debug = this.#keep('debug');
  info = this.#keep('info');
  warn = this.#keep('warn');
  error = this.#keep('error');

  at(...levels: (keyof Logger)[]): string[] {
    return this.entries.filter(({ level }) => levels.includes(level)).map(({ message }) => message);
  }

  get text(): string {
    return JSON.stringify(this.entries);
  }

  #keep(level: keyof Logger) {
    return (fields: object, message: string) =>
      void this.entries.push({ level, fields: { ...fields }, message });
  }
}

const options = (port: number, more: Partial<ConnectOptions>): ConnectOptions => ({
  id: 'board',
  host: '127.0.0.1',
  port,
  ...more,
});

describe('a logger', () => {
  it('hears of each link and outage, of the network and of the close, with the id', async () => {
    await using server = await RawServer.start();
    const logger = new Journal();
    const network = new FakeNetwork();
    const client = connect(options(server.port, { logger, network, networkStableMs: 0 }));
    await client.ready();
    const outage = new Promise<void>((resolve) => client.on('state', (up) => up || resolve()));
    server.links[0]?.end();
    await outage;
    await client.ready();
    await client.close();
    expect(logger.entries.filter(({ level }) => level !== 'debug')).toEqual([
      { level: 'info', fields: { id: 'board', connects: 1 }, message: 'the network is connected' },
      { level: 'info', fields: { id: 'board' }, message: 'the link is up' },
      { level: 'warn', fields: { id: 'board', reason: 'fin' }, message: 'the link is down' },
      { level: 'info', fields: { id: 'board', connects: 2 }, message: 'the network is connected' },
      { level: 'info', fields: { id: 'board' }, message: 'the link is up' },
      { level: 'info', fields: { id: 'board' }, message: 'closed' },
    ]);
  });

  it('hears that the network has gone, and that it could not be left', async () => {
    await using server = await RawServer.start();
    const logger = new Journal();
    const network = new FakeNetwork();
    network.disconnect = () => Promise.reject(new Error('not allowed'));
    await using client = connect(options(server.port, { logger, network, networkStableMs: 0 }));
    await client.ready();
    const outage = new Promise<void>((resolve) => client.on('state', (up) => up || resolve()));
    network.set(false);
    await outage;
    await client.ready();
    expect(logger.at('warn')).toEqual([
      'the network was lost',
      'the link is down',
      'the network was not disconnected',
    ]);
  });

  it('hears why there is no first link, and that the client gave up', async () => {
    const logger = new Journal();
    const { host, port } = await ownPort();
    await using client = connect(options(port, { host, logger }));
    await expect(client.ready()).rejects.toThrow();
    expect(logger.at('warn', 'error')).toEqual([
      'the link has not been up yet',
      'gave up: the link has never been up',
    ]);
    expect(logger.entries[0]?.fields).toMatchObject({ code: 'ERR_CONNECT' });
  });

  it('hears of a peer that breaks the protocol, with its code, and what it sent at debug level only', async () => {
    await using server = await RawServer.start();
    const logger = new Journal();
    await using client = connect(options(server.port, { logger }));
    await client.ready();
    const told = new Promise((resolve) => client.on('peerError', resolve));
    server.links[0]?.says('zzsecret\n');
    await told;
    const warned = logger.entries.find(({ level }) => level === 'warn');
    expect(warned?.fields).toEqual({ id: 'board', code: 'ERR_BAD_FRAME' });
    expect(JSON.stringify(logger.entries.filter(({ level }) => level !== 'debug'))).not.toContain('zz');
    expect(logger.at('debug').join()).toContain('zz');
  });

  it('never sees a line above debug level', async () => {
    await using server = await RawServer.start();
    const logger = new Journal();
    await using client = connect(options(server.port, { logger }));
    await client.ready();
    server.links[0]?.says('00from the server\n');
    await client.readline();
    const written = client.write('from the board');
    await server.links[0]?.hears('00from the board\n');
    server.links[0]?.says('00\n');
    await written;
    await client.close();
    expect(logger.text).not.toContain('from the');
  });

  it('that throws becomes an uncaught exception, and the link is not hurt', async () => {
    await using server = await RawServer.start();
    const uncaught: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const keep = (error: unknown) => uncaught.push(error);
    process.on('uncaughtException', keep);
    const failure = new Error('disk full');
    const broken = () => {
      throw failure;
    };
    const client = connect(
      options(server.port, { logger: { debug: broken, info: broken, warn: broken, error: broken } }),
    );
    await client.ready();
    expect(client.status).toBe(true);
    await client.close();
    process.off('uncaughtException', keep);
    for (const other of others) process.on('uncaughtException', other);
    expect(uncaught).toContain(failure);
  });

  it.each([null, {}, { info: () => undefined }, { debug: 1 }])(
    'without the methods is refused: %j',
    (logger) => {
      expect(() => connect(options(1, { logger: logger as unknown as Logger }))).toThrow(
        /logger must be an object with the methods debug, info, warn, error/,
      );
    },
  );
});
