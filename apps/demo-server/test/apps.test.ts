import { EventEmitter, once } from 'node:events';
import { connect, type ConnectOptions } from '@iot/client';
import { listen, type ListenOptions, type Server } from '@iot/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { App as ClientApp } from '../src/client-app.js';
import type { Log } from '../src/log.js';
import type { Data } from '../src/message.js';
import { App as ServerApp } from '../src/server-app.js';
import { ownPort } from '@iot/vitest-config/ports';

const INTERVAL = 5;
/** So long that a busy machine is not taken for an outage: these tests end links. */
const TIMEOUT = 60_000;
/** Longer than a test may take. */
const AN_HOUR = 3_600_000;

/** Keeps what an app tells, and wakes who waits for it. */
class TestLog implements Log {
  readonly all = {
    writing: [] as Data[],
    sent: [] as Data[],
    got: [] as Data[],
    states: [] as boolean[],
    nonsense: [] as string[],
    trouble: [] as string[],
  };
  readonly #news = new EventEmitter();

  writing(data: Data): void {
    this.all.writing.push([...data]);
    this.#news.emit('news');
  }
  sent(data: Data): void {
    this.all.sent.push([...data]);
    this.#news.emit('news');
  }
  got(data: Data): void {
    this.all.got.push([...data]);
    this.#news.emit('news');
  }
  state(up: boolean): void {
    this.all.states.push(up);
    this.#news.emit('news');
  }
  nonsense(line: string): void {
    this.all.nonsense.push(line);
    this.#news.emit('news');
  }
  trouble(message: string): void {
    this.all.trouble.push(message);
    this.#news.emit('news');
  }

  /** Waits until the log holds at least so much of this. */
  async has(what: keyof TestLog['all'], count: number): Promise<void> {
    while (this.all[what].length < count) await once(this.#news, 'news');
  }
}

/** Starts an app; resolves when it has ended. What it fails with was the test's doing, which closed it. */
async function start(app: { start(): Promise<void> }): Promise<void> {
  await app.start().catch(() => undefined);
}

async function serve(options: ListenOptions = {}): Promise<Server> {
  const server = await listen({ port: 0, host: '127.0.0.1', timeout: TIMEOUT, ...options });
  onTestFinished(() => server.close());
  return server;
}

function serverApp(server: Server, interval = INTERVAL) {
  const log = new TestLog();
  const app = new ServerApp(server, '1', { interval, log });
  return { app, log, ended: start(app) };
}

function clientApp(port: number, interval = INTERVAL, host = '127.0.0.1') {
  const log = new TestLog();
  const app = new ClientApp({ id: '1', host, port, timeout: TIMEOUT, interval, log });
  onTestFinished(() => app.close());
  return { app, log, ended: start(app) };
}

/** A client without an app, which sends only what the test tells it to. */
function rawClient(server: Server, options: Partial<ConnectOptions> = {}) {
  const { port } = server.address;
  const client = connect({ id: '1', host: '127.0.0.1', port, timeout: TIMEOUT, ...options });
  onTestFinished(() => client.close());
  return client;
}

describe('an app at each end', () => {
  it('the client sends [connects, count, freeMemory], and all of it comes in order', async () => {
    const server = await serve();
    const { log } = serverApp(server);
    clientApp(server.address.port);
    await log.has('got', 20);
    expect(log.all.got.map(([connects]) => connects)).toEqual(log.all.got.map(() => 1));
    expect(log.all.got.map(([, count]) => count)).toEqual(log.all.got.map((_, i) => i));
    expect(log.all.got.every(([, , free]) => free! > 0)).toBe(true);
  });

  it('the server sends the list back with a count of its own in the first place', async () => {
    const server = await serve();
    const { log: atServer } = serverApp(server);
    const { log: atClient } = clientApp(server.address.port);
    await atClient.has('got', 20);
    expect(atClient.all.got.map(([count]) => count)).toEqual(atClient.all.got.map((_, i) => i));
    const came = new Set(atServer.all.got.map((data) => data.slice(1).join()));
    const changed = atClient.all.got.filter(([, ...rest]) => rest.some((number) => number !== 0));
    expect(changed.length).toBeGreaterThan(0);
    for (const [, ...rest] of changed) expect(came).toContain(rest.join());
  });

  it('after finish nothing more is sent, and all that was sent has come', async () => {
    const server = await serve();
    const atServer = serverApp(server);
    const atClient = clientApp(server.address.port);
    await atClient.log.has('got', 5);
    await atServer.log.has('got', 5);
    await Promise.all([atServer.app.finish(), atClient.app.finish()]);
    const sent = [atClient.log.all.sent.length, atServer.log.all.sent.length];
    await atServer.log.has('got', sent[0]!);
    await atClient.log.has('got', sent[1]!);
    expect([atServer.log.all.got.length, atClient.log.all.got.length]).toEqual(sent);
    expect([atClient.log.all.sent.length, atServer.log.all.sent.length]).toEqual(sent);
  });
});

describe('the app of the server', () => {
  it('sends at its own pace when the client says nothing', async () => {
    const server = await serve();
    serverApp(server);
    const client = rawClient(server);
    expect(await client.readline()).toBe('[0,0,0]');
    expect(await client.readline()).toBe('[1,0,0]');
    expect(await client.readline()).toBe('[2,0,0]');
  });

  it('goes on after a line that holds no list of numbers', async () => {
    const server = await serve();
    const { log } = serverApp(server);
    const client = rawClient(server);
    for (const line of ['hello', '{"a":1}', '["a"]', '[7,8,9]']) await client.write(line);
    await log.has('got', 1);
    expect(log.all.nonsense).toEqual(['hello', '{"a":1}', '["a"]']);
    expect(log.all.got).toEqual([[7, 8, 9]]);
  });

  it('tells when the link comes and goes', async () => {
    const server = await serve();
    const { log } = serverApp(server);
    const client = rawClient(server);
    await log.has('states', 1);
    await client.close();
    await log.has('states', 2);
    rawClient(server);
    await log.has('states', 3);
    expect(log.all.states).toEqual([true, false, true]);
  });
});

describe('an app that is closed between two lines does not wait for the next', () => {
  it('at the client', async () => {
    const server = await serve();
    const { app, log, ended } = clientApp(server.address.port, AN_HOUR);
    await log.has('sent', 1);
    await app.close();
    await ended;
    expect(log.all.writing).toHaveLength(1);
  });

  it('at the server', async () => {
    const server = await serve();
    const { log, ended } = serverApp(server, AN_HOUR);
    rawClient(server);
    await log.has('sent', 1);
    await server.close();
    await ended;
    expect(log.all.writing).toHaveLength(1);
  });
});

describe('an app that is closed while a line waits for its ack does not tell of it as sent', () => {
  it('at the client', async () => {
    const server = await serve({ ackWhen: 'read' }); // and not read
    const { app, log, ended } = clientApp(server.address.port);
    await log.has('writing', 1);
    await app.close();
    await ended;
    expect(log.all.sent).toEqual([]);
  });

  it('at the server', async () => {
    const server = await serve();
    const { log, ended } = serverApp(server);
    rawClient(server, { ackWhen: 'read' });
    await log.has('writing', 1);
    await server.close();
    await ended;
    expect(log.all.sent).toEqual([]);
  });
});

it('the client says that the server is not there, and finds it once it is', async () => {
  const own = await ownPort();
  const { log } = clientApp(own.port, INTERVAL, own.host);
  await log.has('trouble', 1);
  expect(log.all.trouble[0]).toMatch(/ECONNREFUSED.*Trying again until it answers\.$/);
  serverApp(await serve(own));
  await log.has('got', 3);
  expect(log.all.states).toEqual([true]);
});
