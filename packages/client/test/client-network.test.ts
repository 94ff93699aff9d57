import { ownPort } from '@iot/vitest-config/ports';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, type ConnectOptions } from '../src/index.js';
import { FakeNetwork } from './fake-network.js';
import { RawServer, type RawLink } from './raw-server.js';

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

  it.each<[string, (network: FakeNetwork, link: RawLink) => void]>([
    ['while it dials', (network) => network.set(false)],
    ['before the server has answered', (network, link) => (link.onHeard = () => network.set(false))],
  ])('takes a network that goes %s for a failure of the network, at once', async (_, go) => {
    await using server = await RawServer.start();
    const network = new FakeNetwork();
    server.onLink = (link) => (server.links.length === 1 ? go(network, link) : link.says('\n'));
    const asked: string[] = [];
    const badWifi = (error: Error) => void asked.push(error.message);
    await using client = connect(options(server.port, { network, badWifi, timeout: 60_000 }));
    await client.ready();
    expect(asked).toEqual(['the network was lost: is its signal strong enough?']);
  });

  it('works with a network that it cannot listen to, before the first link and after it', async () => {
    await using server = await RawServer.start();
    const network = new FakeNetwork();
    const onChange = network.onChange.bind(network);
    const broken = () => {
      throw new Error('out of memory');
    };
    network.onChange = broken;
    const asked: string[] = [];
    const badWifi = (error: Error) => {
      asked.push(error.message);
      // Both while it waits for the network to be stable, and with a link.
      if (asked.length === 2) network.onChange = onChange;
      network.set(asked.length === 1);
    };
    await using client = connect(options(server.port, { network, badWifi }));
    await client.ready();
    expect(asked).toEqual(Array(2).fill('cannot listen to the network (out of memory): is it in reach?'));
    const outage = down(client);
    network.onChange = () => {
      network.onChange = onChange;
      return broken();
    };
    server.links.at(-1)?.destroy();
    await outage;
    await client.ready();
    expect(asked).toHaveLength(2);
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

  it('keeps trying credentials that were given, by default', async () => {
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

  it('is not asked any more once the client is closed, be it in the turn of the failure', async () => {
    await using server = await RawServer.start();
    const network = new FakeNetwork();
    const asked: string[] = [];
    const client = connect(
      options(server.port, { network, badWifi: (error) => void asked.push(error.code) }),
    );
    await new Promise<void>((resolve) => {
      server.onLink = () => resolve();
    });
    network.set(false);
    await client.close();
    expect(asked).toEqual([]);
  });

  it('is not asked about a server that refuses, nor badServer about the network', async () => {
    const asked: string[] = [];
    const network = new FakeNetwork({ failures: 1 });
    const { host, port } = await ownPort();
    const refused = new Promise<void>((resolve) => {
      const client = connect(
        options(port, {
          host,
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
      const at = await ownPort();
      const server = await RawServer.start(at);
      await using client = connect(
        options(at.port, {
          host: at.host,
          network,
          badWifi: () => void asked.push('wifi'),
          badServer: () => void asked.push('server'),
        }),
      );
      await client.ready();
      let attempts = 0;
      const connectNetwork = network.connect.bind(network);
      const manyAttempts = new Promise<void>((resolve) => {
        network.connect = () => {
          attempts += 1;
          if (attempts === 20) resolve();
          return connectNetwork();
        };
      });
      const outage = down(client);
      if (what !== 'the network') await server[Symbol.asyncDispose]();
      if (what !== 'the server') network.failures = what === 'both' ? 15 : 20;
      server.links[0]?.destroy();
      await outage;
      await manyAttempts;
      if (what === 'the network') await client.ready();
      expect(client.connects).toBe(what === 'the network' ? 2 : 1);
      expect(asked).toEqual([]);
      await server[Symbol.asyncDispose]();
    },
  );
});
