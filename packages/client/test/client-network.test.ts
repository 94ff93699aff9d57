import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, type ConnectOptions } from '../src/index.js';
import { FakeNetwork } from './fake-network.js';
import { freePort, RawServer } from './raw-server.js';

beforeEach(() => {
  // No wait between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const options = (port: number, more: Partial<ConnectOptions>): ConnectOptions => ({
  id: 'board',
  host: '127.0.0.1',
  port,
  networkStableMs: 0,
  ...more,
});

/** The link has gone. */
const down = (client: ReturnType<typeof connect>) =>
  new Promise<void>((resolve) => {
    const off = client.on('state', (up) => {
      if (up) return;
      off();
      resolve();
    });
  });

describe('a client that looks after its network', () => {
  it('connects it before the link, leaves it on an outage, connects it again, and counts', async () => {
    await using server = await RawServer.start();
    const network = new FakeNetwork();
    await using client = connect(options(server.port, { network }));
    await client.ready();
    expect(network.calls).toEqual(['connect']);
    expect(client.networkConnects).toBe(1);
    const outage = down(client);
    server.links[0]?.destroy();
    await outage;
    await client.ready();
    expect(network.calls).toEqual(['connect', 'disconnect', 'connect']);
    expect(client.networkConnects).toBe(2);
    expect(client.connects).toBe(2);
  });

  it('ends the link at once when the network goes', async () => {
    await using server = await RawServer.start();
    const network = new FakeNetwork();
    await using client = connect(options(server.port, { network, timeout: 60_000 }));
    await client.ready();
    const outage = down(client);
    network.set(false);
    await outage;
    await client.ready();
    expect(client.networkConnects).toBe(2);
  });

  it('does not touch one that is connected already', async () => {
    await using server = await RawServer.start();
    const network = new FakeNetwork();
    network.set(true);
    await using client = connect(options(server.port, { network }));
    await client.ready();
    expect(network.calls).toEqual([]);
    expect(client.networkConnects).toBe(0);
  });

  it('leaves it as it is, and listens to it no more, once closed', async () => {
    await using server = await RawServer.start();
    const network = new FakeNetwork();
    const client = connect(options(server.port, { network }));
    await client.ready();
    expect(network.listeners).toBe(1);
    await client.close();
    expect(network.calls).toEqual(['connect']);
    expect(network.listeners).toBe(0);
  });

  it('can be closed while it waits for the network', async () => {
    const network = new FakeNetwork();
    const asked = new Promise<AbortSignal>((resolve) => {
      network.connect = (signal?: AbortSignal) => {
        resolve(signal!);
        return new Promise(() => undefined);
      };
    });
    const client = connect(options(1, { network }));
    const signal = await asked;
    await client.close();
    expect(signal.aborted).toBe(true);
    expect(network.listeners).toBe(0);
  });
});

describe('badWifi', () => {
  it('is asked with the attempt while the network fails, and the client keeps trying as long as it resolves', async () => {
    await using server = await RawServer.start();
    const asked: [string, number][] = [];
    await using client = connect(
      options(server.port, {
        network: new FakeNetwork({ failures: 3 }),
        badWifi: (error, { attempt }) => void asked.push([error.code, attempt]),
      }),
    );
    await client.ready();
    expect(asked).toEqual([
      ['ERR_NETWORK', 1],
      ['ERR_NETWORK', 2],
      ['ERR_NETWORK', 3],
    ]);
  });

  it('keeps trying credentials that were given, when nobody says otherwise', async () => {
    await using server = await RawServer.start();
    const network = new FakeNetwork({ failures: 5 });
    await using client = connect(options(server.port, { network }));
    await client.ready();
    expect(network.calls.filter((call) => call === 'connect')).toHaveLength(6);
  });

  it('gives up at once without credentials, and the first connection fails with the reason', async () => {
    await using client = connect(
      options(1, { network: new FakeNetwork({ hasCredentials: false, failures: 1 }) }),
    );
    await expect(client.ready()).rejects.toMatchObject({
      code: 'ERR_CLOSED',
      cause: { code: 'ERR_NETWORK' },
    });
  });

  it('closes the client when it rejects', async () => {
    await using client = connect(
      options(1, {
        network: new FakeNetwork({ failures: 9 }),
        badWifi: (error, { attempt }) => {
          if (attempt === 2) throw error;
        },
      }),
    );
    await expect(client.ready()).rejects.toMatchObject({ cause: { code: 'ERR_NETWORK' } });
  });

  it('is not asked about a server that refuses, nor badServer about the network', async () => {
    const asked: string[] = [];
    const network = new FakeNetwork({ failures: 1 });
    const port = await freePort();
    const refused = new Promise<void>((resolve) => {
      const client = connect(
        options(port, {
          network,
          badWifi: (error) => void asked.push(`wifi ${error.code}`),
          badServer: async (error, { attempt }) => {
            asked.push(`server ${error.code} ${attempt}`);
            void client.close().then(resolve);
            await client.close();
          },
        }),
      );
    });
    await refused;
    expect(asked).toEqual(['wifi ERR_NETWORK', 'server ERR_CONNECT 1']);
  });

  it.each(['the network', 'the server', 'both'])(
    'is, like badServer, never called after the first link, when %s fails',
    async (what) => {
      const network = new FakeNetwork();
      const asked: string[] = [];
      const server = await RawServer.start();
      await using client = connect(
        options(server.port, {
          network,
          badWifi: () => void asked.push('wifi'),
          badServer: () => void asked.push('server'),
        }),
      );
      await client.ready();
      const failed = { wifi: 0, server: 0 };
      const connectNetwork = network.connect.bind(network);
      const manyFailures = new Promise<void>((resolve) => {
        network.connect = () => {
          const attempts = ++failed.wifi;
          if (attempts === 20) resolve();
          return connectNetwork();
        };
      });
      if (what !== 'the network') await server[Symbol.asyncDispose]();
      if (what !== 'the server') network.failures = 15;
      server.links[0]?.destroy();
      if (what === 'the network') await client.ready().then(() => client.connects);
      else await manyFailures;
      expect(asked).toEqual([]);
      await server[Symbol.asyncDispose]();
    },
  );
});
