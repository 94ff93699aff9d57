import type { Server } from '@iot/server';
import { dial, HOST, serve, STEADY_MS, TestLog } from '@iot/app-kit/testing';
import { tryAgain } from '@iot/app-kit';
import { ownPort } from '@iot/vitest-config/ports';
import { describe, expect, it } from 'vitest';
import { App, clientList, serverApp as appOf } from '../src/app.js';
import type { Log } from '../src/log.js';
import type { Data } from '../src/message.js';

const INTERVAL = 5;
/** Longer than a test may take. */
const AN_HOUR = 3_600_000;

const lists = () => ({ writing: [] as Data[], sent: [] as Data[], got: [] as Data[] });

class AppLog extends TestLog<ReturnType<typeof lists>> implements Log {
  constructor() {
    super(lists());
  }
  writing(data: Data): void {
    this.keep(this.all.writing, [...data]);
  }
  sent(data: Data): void {
    this.keep(this.all.sent, [...data]);
  }
  got(data: Data): void {
    this.keep(this.all.got, [...data]);
  }
}

/** Starts an app; resolves when it has ended. What it fails with was the test's doing, which closed its link. */
async function start(app: { start(): Promise<void> }): Promise<void> {
  await app.start().catch(() => undefined);
}

function serverApp(server: Server, interval = INTERVAL) {
  const log = new AppLog();
  const app = appOf(server, { id: '1', interval, log });
  return { app, log, ended: start(app) };
}

function clientApp(port: number, interval = INTERVAL, host = HOST) {
  const log = new AppLog();
  const link = dial(port, { host, timeout: STEADY_MS, badServer: tryAgain(log) });
  const app = new App(link, { interval, log, list: clientList(link) });
  return { app, link, log, ended: start(app) };
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
    const client = dial(server.address.port);
    expect(await client.readline()).toBe('[0,0,0]');
    expect(await client.readline()).toBe('[1,0,0]');
    expect(await client.readline()).toBe('[2,0,0]');
  });

  it('goes on after a line that holds no list of numbers', async () => {
    const server = await serve();
    const { log } = serverApp(server);
    const client = dial(server.address.port);
    for (const line of ['hello', '{"a":1}', '["a"]', '[7,8,9]']) await client.write(line);
    await log.has('got', 1);
    expect(log.all.nonsense).toEqual(['hello', '{"a":1}', '["a"]']);
    expect(log.all.got).toEqual([[7, 8, 9]]);
  });

  it('prints when the link comes and goes', async () => {
    const server = await serve();
    const { log } = serverApp(server);
    const client = dial(server.address.port);
    await log.has('states', 1);
    await client.close();
    await log.has('states', 2);
    dial(server.address.port);
    await log.has('states', 3);
    expect(log.all.states).toEqual([true, false, true]);
  });
});

describe('an app that is closed between two lines does not wait for the next', () => {
  it('at the client', async () => {
    const server = await serve();
    const { link, log, ended } = clientApp(server.address.port, AN_HOUR);
    await log.has('sent', 1);
    await link.close();
    await ended;
    expect(log.all.writing).toHaveLength(1);
  });

  it('at the server', async () => {
    const server = await serve();
    const { log, ended } = serverApp(server, AN_HOUR);
    dial(server.address.port);
    await log.has('sent', 1);
    await server.close();
    await ended;
    expect(log.all.writing).toHaveLength(1);
  });
});

describe('an app that is closed while a line waits for its ack does not tell of it as sent', () => {
  it('at the client', async () => {
    const server = await serve({ ackWhen: 'read' }); // and not read
    const { link, log, ended } = clientApp(server.address.port);
    await log.has('writing', 1);
    await link.close();
    await ended;
    expect(log.all.sent).toEqual([]);
  });

  it('at the server', async () => {
    const server = await serve();
    const { log, ended } = serverApp(server);
    dial(server.address.port, { ackWhen: 'read' });
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
