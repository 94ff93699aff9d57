import type * as Timers from 'node:timers/promises';
import { nodeClock } from '@iot/connection/node';
import { ownPort } from '@iot/vitest-config/ports';
import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { findAddresses } from '../src/find-addresses.js';
import { connect, LinkError, type ConnectOptions } from '../src/index.js';
import { RawServer } from './raw-server.js';

/** The waits between attempts: what was asked for, and whether they end. */
const waits = vi.hoisted(() => ({ asked: [] as number[], endless: false, look: () => {} }));

/** Resolves once this number of waits has been asked for. */
function waitsAsked(count: number): Promise<void> {
  return new Promise((resolve) => {
    waits.look = () => {
      if (waits.asked.length >= count) resolve();
    };
    waits.look();
  });
}

vi.mock('node:timers/promises', async (original) => {
  const timers = await original<typeof Timers>();
  return {
    ...timers,
    setTimeout: (ms: number, value: unknown, options: object) => {
      waits.asked.push(ms);
      waits.look();
      return timers.setTimeout(ms > 0 && waits.endless ? 2 ** 30 : 0, value, options);
    },
  };
});
vi.mock('../src/find-addresses.js', () => ({ findAddresses: vi.fn() }));

beforeEach(() => {
  waits.asked.length = 0;
  waits.endless = false;
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const options = (more: Partial<ConnectOptions> & { port: number }): ConnectOptions => ({
  id: 'board',
  host: '127.0.0.1',
  ...more,
});

describe('a client', () => {
  it.each([
    { protocol: 1, hello: 'board\n', then: /^board\n\n00hi\n+$/ },
    // It waits for a quarter of the timeout whether the server answers the offer, with a keepalive or two.
    { protocol: 2, hello: 'board\n-2\n', then: /^board\n-2\n\n+00hi\n+$/ },
  ] as const)(
    'says hello in version $protocol, is up once the server has spoken, and sends nothing before that',
    async (version) => {
      await using server = await RawServer.start();
      server.onLink = () => undefined;
      const next = server.next();
      const { protocol } = version;
      await using client = connect(options({ port: server.port, id: 'board\n', protocol }));
      const written = client.write('hi');
      const link = await next;
      await link.hears(version.hello);
      expect(client.id).toBe('board');
      expect(client.status).toBe(false);
      link.says('\n');
      await client.ready();
      await link.hears('00hi\n');
      expect(link.heard).toMatch(version.then);
      link.says('00\n');
      await written;
      expect(client.protocol).toBe(1);
    },
  );

  it('comes back at once after a link that lasted', async () => {
    await using server = await RawServer.start();
    let later = 0;
    vi.spyOn(nodeClock, 'now').mockImplementation(() => performance.now() + later);
    await using client = connect(options({ port: server.port }));
    await client.ready();
    later += 1500;
    const next = server.next();
    server.links[0]?.destroy();
    await next;
    await client.ready();
    expect(waits.asked).toEqual([0, 0]);
    expect(client.connects).toBe(2);
  });

  it('comes back after the pause that the server asks for at the end of a link that lasted', async () => {
    await using server = await RawServer.start();
    let later = 0;
    vi.spyOn(nodeClock, 'now').mockImplementation(() => performance.now() + later);
    server.onLink = (link) =>
      server.links.length < 10 ? link.destroy() : link.says('-2 5e 0 - 0 0 4096 16 1024 0\n');
    await using client = connect(options({ port: server.port, badServer: () => undefined }));
    await client.ready();
    later += 1500;
    const next = server.next();
    server.links.at(-1)?.says('!busy 700 closed, to start again\n');
    await next;
    expect(waits.asked.at(-1)).toBe(700);
  });

  it('backs off when links end at once, up or not', async () => {
    await using server = await RawServer.start();
    await using client = connect(options({ port: server.port }));
    await client.ready();
    server.onLink = (link) => (server.links.length % 2 === 0 ? link.destroy() : link.says('\n'));
    while (server.links.length < 10) {
      const next = server.next();
      server.links.at(-1)?.destroy();
      await next;
    }
    expect(waits.asked.slice(0, 9)).toEqual([0, 50, 100, 200, 400, 800, 1600, 2500, 2500]);
  });

  it('finds a server whose name has got another address', async () => {
    await using server = await RawServer.start();
    vi.mocked(findAddresses).mockResolvedValueOnce(['::1']).mockResolvedValueOnce(['127.0.0.1']);
    const failures: string[] = [];
    await using client = connect({
      ...options({ port: server.port }),
      host: 'server.local',
      badServer: (error) => void failures.push(error.code),
    });
    await client.ready();
    expect(failures).toEqual(['ERR_CONNECT']);
    expect(client.remoteAddress).toBe('127.0.0.1');
  });

  it('has what was written acked before it leaves the scope of await using', async () => {
    await using server = await RawServer.start();
    let written: Promise<void>;
    {
      await using client = connect(options({ port: server.port }));
      await client.ready();
      const [link] = server.links;
      link!.onHeard = () => {
        if (link!.heard.includes('00last words\n')) link!.says('00\n');
      };
      written = client.write('last words');
    }
    await written;
  });

  it('stays silent to the server from its close on, and the link ends', async () => {
    await using server = await RawServer.start();
    const client = connect(options({ port: server.port }));
    await client.ready();
    await client.close();
    await server.links[0]?.gone();
    expect(waits.asked).toEqual([0]);
    expect(server.links).toHaveLength(1);
  });
});

describe('an initial connection that fails', () => {
  it.each([
    ['is refused', 'ERR_CONNECT', async () => options(await ownPort())],
    [
      'has a name that is not found',
      'ERR_CONNECT',
      async () => {
        vi.mocked(findAddresses).mockRejectedValueOnce(new Error('the name does not exist'));
        return { ...options({ port: 1 }), host: 'nowhere.local' };
      },
    ],
  ])('since it %s closes the client, and ready rejects with the reason', async (_, code, given) => {
    const client = connect(await given());
    const heard = new Promise((resolve) => client.on('close', resolve));
    await expect(client.ready()).rejects.toMatchObject({
      code: 'ERR_CLOSED',
      cause: { name: 'LinkError', code },
    });
    expect(await heard).toBeInstanceOf(LinkError);
    await expect(client.write('x')).rejects.toMatchObject({ code: 'ERR_CLOSED', cause: { code } });
    await expect(client[Symbol.asyncIterator]().next()).rejects.toMatchObject({ cause: { code } });
    expect(await client.closed).toMatchObject({ code });
    await client.close();
  });

  it.each([
    ['ends the link', (link: { end(): void }) => link.end()],
    ['stays silent for two timeouts', () => undefined],
  ])('since the server %s does the same', async (_, onLink) => {
    await using server = await RawServer.start();
    server.onLink = onLink;
    const client = connect(options({ port: server.port, timeout: 100 }));
    await expect(client.ready()).rejects.toMatchObject({ cause: { code: 'ERR_NO_FIRST_BYTE' } });
    expect(client.connects).toBe(0);
  });

  it('is not an unhandled rejection when it is not awaited', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const client = connect(options(await ownPort()));
    await new Promise((resolve) => client.on('close', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

describe('badServer', () => {
  it('is asked after each failure, with the attempt, and never again once the link has been up', async () => {
    const at = await ownPort();
    const attempts: number[] = [];
    let server: RawServer | undefined;
    await using client = connect({
      ...options(at),
      badServer: async (error, { attempt }) => {
        expect(error).toBeInstanceOf(LinkError);
        attempts.push(attempt);
        if (attempt === 3) server = await RawServer.start(at);
      },
    });
    await client.ready();
    expect(attempts).toEqual([1, 2, 3]);
    expect(waits.asked).toEqual([0, 50, 100, 200]);

    await server?.[Symbol.asyncDispose]();
    await waitsAsked(9);
    await using again = await RawServer.start(at);
    await client.ready();
    expect(again.links.length).toBeGreaterThan(0);
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('is asked after pauses that double as backoff says', async () => {
    const client = connect({
      ...options(await ownPort()),
      backoff: { minMs: 10, maxMs: 30 },
      badServer: (error, { attempt }) => {
        if (attempt === 5) throw error;
      },
    });
    await expect(client.ready()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(waits.asked).toEqual([0, 5, 10, 15, 15]);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('give up'))],
    [
      'throws',
      () => {
        throw new Error('give up');
      },
    ],
  ])('that %s closes the client over its own error', async (_, badServer) => {
    const client = connect({ ...options(await ownPort()), badServer });
    await expect(client.ready()).rejects.toMatchObject({ code: 'ERR_CLOSED', cause: { message: 'give up' } });
  });

  it('that rejects without a reason closes the client over what it was asked about', async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an application may
    const client = connect({ ...options(await ownPort()), badServer: () => Promise.reject() });
    await expect(client.ready()).rejects.toMatchObject({
      code: 'ERR_CLOSED',
      cause: { code: 'ERR_CONNECT' },
    });
    await client.close();
  });

  it('sees its signal aborted when the client is closed', async () => {
    let asked: (signal: AbortSignal) => void;
    const called = new Promise<AbortSignal>((resolve) => (asked = resolve));
    const client = connect({
      ...options(await ownPort()),
      badServer: (_, { signal }) => {
        asked(signal);
        return new Promise(() => {}); // and does not even listen to it
      },
    });
    const signal = await called;
    expect(signal.aborted).toBe(false);
    await client.close();
    expect(signal.aborted).toBe(true);
  });

  it('may close the client, and wait for that', async () => {
    const client = connect({
      ...options(await ownPort()),
      badServer: async () => {
        await client.close();
      },
    });
    await new Promise((resolve) => client.on('close', resolve));
    await client.close();
    const error = await client.ready().catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code: 'ERR_CLOSED' });
    expect(error).not.toHaveProperty('cause');
  });
});

describe('closing a client', () => {
  it('ends the wait between two attempts at once', async () => {
    waits.endless = true;
    const client = connect({ ...options(await ownPort()), badServer: () => undefined });
    await waitsAsked(2);
    await client.close();
    expect(waits.asked).toEqual([0, 50]);
  });

  it('right after the call that made it opens no connection', async () => {
    await using server = await RawServer.start();
    await connect(options({ port: server.port })).close();
    await using other = connect(options({ port: server.port }));
    await other.ready();
    expect(server.links).toHaveLength(1);
  });
});

describe('options', () => {
  it.each([
    ['an empty id', { id: '' }, 'ERR_BAD_ID'],
    ['an id with a newline inside', { id: 'a\nb' }, 'ERR_BAD_ID'],
    ['an id with a control character', { id: 'a\tb' }, 'ERR_BAD_ID'],
    ['an id longer than maxIdBytes', { id: 'abc', maxIdBytes: 2 }, 'ERR_BAD_ID'],
    ['no id', { id: undefined as unknown as string }, 'ERR_BAD_ID'],
    ['no host', { host: '' }, 'ERR_BAD_OPTION'],
    ['port 0', { port: 0 }, 'ERR_BAD_OPTION'],
    ['port 65536', { port: 65536 }, 'ERR_BAD_OPTION'],
    ['a timeout below 100', { timeout: 99 }, 'ERR_BAD_OPTION'],
    ['a timeout that is not a number', { timeout: NaN }, 'ERR_BAD_OPTION'],
    ['no time to connect', { connectTimeoutMs: 0 }, 'ERR_BAD_OPTION'],
    ['more time to connect than a timer has', { connectTimeoutMs: 2 ** 31 }, 'ERR_BAD_OPTION'],
    ['no unread lines', { maxUnreadLines: 0 }, 'ERR_BAD_OPTION'],
    ['no unread bytes', { maxUnreadBytes: 0 }, 'ERR_BAD_OPTION'],
    ['a negative closeTimeoutMs', { closeTimeoutMs: -1 }, 'ERR_BAD_OPTION'],
    ['no unsent lines', { maxUnsentLines: 0 }, 'ERR_BAD_OPTION'],
    ['an offline that is not an object', { offline: null as never }, 'ERR_BAD_OPTION'],
    ['fewer bytes offline than a line has', { offline: { maxBytes: 1024 } }, 'ERR_BAD_OPTION'],
    ['a policy that there is none of', { offline: { when: 'drop' as never } }, 'ERR_BAD_OPTION'],
    ['more than 100 in flight', { maxInFlight: 101 }, 'ERR_BAD_OPTION'],
    ['no bytes in flight', { maxInFlightBytes: 0 }, 'ERR_BAD_OPTION'],
    ['no bytes in a line', { maxLineBytes: 0 }, 'ERR_BAD_OPTION'],
    ['a badServer that is not a function', { badServer: 'retry' as never }, 'ERR_BAD_OPTION'],
    ['a backoff that begins at 0', { backoff: { minMs: 0 } }, 'ERR_BAD_OPTION'],
    ['a backoff that ends before it begins', { backoff: { minMs: 200, maxMs: 199 } }, 'ERR_BAD_OPTION'],
    ['a name that no option of the backoff has', { backoff: { max: 9 } as never }, 'ERR_BAD_OPTION'],
    ['a name that no option has', { hots: 'server' }, 'ERR_BAD_OPTION'],
    ["an option that is the server's alone", { settleMs: 99 }, 'ERR_BAD_OPTION'],
    ['a name that no option of the watchdog has', { watchdog: { timeout: 9 } as never }, 'ERR_BAD_OPTION'],
    ['a network that is none', { network: null as never }, 'ERR_BAD_OPTION'],
    ['a network without its methods', { network: { connect: () => undefined } as never }, 'ERR_BAD_OPTION'],
  ])('are refused when they have %s', (_, wrong, code) => {
    const given = { ...options({ port: 1 }), ...wrong };
    expect(() => connect(given)).toThrow(expect.objectContaining({ name: 'UsageError', code }));
  });

  it('say that the timeout is wrong, and not what is computed with it', () => {
    expect(() => connect(options({ port: 1, timeout: NaN, watchdog: true }))).toThrow(/^timeout must be/);
  });

  it.each([
    ['hots', 'there is no option hots: is it host?'],
    ['timeoutMs', 'there is no option timeoutMs: is it timeout?'],
    ['my_id', /^there is no option my_id: the options are id, host, .*, logger$/],
  ])('are told what %s may have meant', (name, message) => {
    expect(() => connect({ ...options({ port: 1 }), [name]: 5 })).toThrow(message);
  });

  it.each([[undefined], [null], ['127.0.0.1']])('are an object, and not %s', (given) => {
    expect(() => connect(given as never)).toThrow(/^options must be an object, not/);
  });

  it.each([null, false, ''])('with tls: %j are refused: it would be a link without TLS', (tls) => {
    expect(() => connect({ ...options({ port: 1 }), tls: tls as never })).toThrow(
      /^tls must be an object, not/,
    );
  });

  it('show a numeric string as a string', () => {
    expect(() => connect({ ...options({ port: 1 }), port: '8123' as never })).toThrow(/not "8123"$/);
  });

  it('that are undefined are the defaults', async () => {
    await using server = await RawServer.start();
    await using client = connect({
      ...options({ port: server.port }),
      timeout: undefined,
      badServer: undefined,
      maxUnsentLines: undefined,
      ...({ hots: undefined } as object),
    });
    await client.ready();
  });
});
