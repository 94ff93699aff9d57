import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Client } from '@iot/client';
import { startFaultProxy } from '@iot/fault-proxy';
import { board, LOOPBACK, Program, saysTurnedAway } from '@iot/app-kit/testing';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { numbered, take } from '@iot/vitest-config/lines';
import { Aedes } from 'aedes';
import { connectAsync, type MqttClient } from 'mqtt';
import { News } from '@iot/vitest-config/news';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeadLetter } from '../src/index.js';
import {
  aedes,
  hasMosquitto,
  mosquitto,
  pickyAedes,
  strictMosquitto,
  type Broker,
  type BrokerKind,
} from './brokers.js';

/** Options of a gateway on a free port; its file is in a folder of the test. */
function ownOptions(): string[] {
  return [...LOOPBACK, '--dead-letters', join(temporaryFolder(), 'dead.jsonl')];
}

async function startGateway(
  broker: Broker,
  ...more: readonly string[]
): Promise<{ gateway: Program; port: number; dead: () => DeadLetter[] }> {
  const file = join(temporaryFolder(), 'dead.jsonl');
  const args = [...LOOPBACK, '--broker', broker.url, '--dead-letters', file, ...more];
  const gateway = new Program('iot-mqtt', args);
  const [, port] = await gateway.printed(/listening on port (\d+)/);
  const dead = () =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as DeadLetter);
  return { gateway, port: Number(port), dead };
}

/** What another program at the broker publishes, and what it gets. */
class Peer {
  readonly got: string[] = [];
  readonly #client: MqttClient;
  readonly #news = new News();

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on('error', () => undefined); // it connects again by itself
    onTestFinished(() => client.endAsync(true));
  }

  static async connect(broker: Broker): Promise<Peer> {
    const peer = new Peer(await connectAsync(broker.url, { reconnectPeriod: 100 }));
    await broker.watch((message) => {
      peer.got.push(message);
      peer.#news.tell();
    });
    return peer;
  }

  /** Resolves when the broker has it. */
  async publish(id: string, payload: string | Buffer, retain = false): Promise<void> {
    await this.#client.publishAsync(`iot/${id}/down`, payload, { qos: 1, retain });
  }

  async has(message: string): Promise<void> {
    await this.#news.until(() => this.got.includes(message));
  }
}

/** Without what came again: QoS 1 says at least once. */
function firsts(lines: readonly string[]): string[] {
  return [...new Set(lines)];
}

async function start(kind: BrokerKind) {
  const broker = await kind.make();
  await broker.start();
  const started = await startGateway(broker);
  await started.gateway.printed(/connected to the broker/);
  return { broker, ...started, peer: await Peer.connect(broker) };
}

/** Waits until what is published for this board gets to the gateway. */
async function served(gateway: Program, id: string): Promise<void> {
  await gateway.printed(new RegExp(`subscribe iot/${id}/down: done\n`));
}

/** This number of different lines: over QoS 1 one may come again. */
async function takeDifferent(client: Client, count: number): Promise<string[]> {
  const lines = new Set<string>();
  while (lines.size < count) lines.add(await client.readline());
  return [...lines];
}

function suite(kind: BrokerKind): void {
  it('publishes what a board sends, and writes to it what is published for it', async () => {
    const { gateway, port, peer } = await start(kind);
    const [one, two] = [board('1', port), board('2', port)];
    await one.write('up from 1');
    await two.write('up from 2');
    await peer.has('iot/1/up up from 1');
    await peer.has('iot/2/up up from 2');
    await served(gateway, '1');
    await served(gateway, '2');
    await peer.publish('1', 'down to 1');
    await peer.publish('2', 'down to 2\n');
    expect(await one.readline()).toBe('down to 1');
    expect(await two.readline()).toBe('down to 2');
    expect(peer.got).toHaveLength(2);
  });

  it('every line goes up in order while the board is cut off and the broker restarts', async () => {
    const { broker, port, peer } = await start(kind);
    await using proxy = await startFaultProxy({ to: { host: '127.0.0.1', port } });
    const client = board('1', proxy.port);
    const lines = numbered('line', 300);
    for (const [i, line] of lines.entries()) {
      if (i % 100 === 50) expect(proxy.cut('rst')).toBeGreaterThan(0);
      const restart = i % 100 === 70;
      if (restart) await broker.stop();
      const written = client.write(line);
      if (restart) await broker.start();
      await written;
    }
    await peer.has('iot/1/up line 299');
    expect(firsts(peer.got)).toEqual(lines.map((line) => `iot/1/up ${line}`));
    expect(client.connects).toBeGreaterThan(3);
  });

  it('an outage of the broker stops the boards before this process holds much', async () => {
    const { broker, gateway, port, peer } = await start(kind);
    const client = board('1', port);
    await client.write('before');
    await peer.has('iot/1/up before');
    await broker.stop();
    await gateway.printed(/no link to the broker/);
    const lines = numbered('line', 40);
    let acked = 0;
    const written = Promise.all(
      lines.map(async (line) => {
        await client.write(line);
        acked += 1;
      }),
    );
    for (const ping of numbered('ping', 200)) await board(ping, port).ready();
    expect(acked).toBe(0);
    await broker.start();
    await written;
    await peer.has('iot/1/up line 39');
    expect(firsts(peer.got)).toEqual(['before', ...lines].map((line) => `iot/1/up ${line}`));
  });

  it('every message goes down while the board is cut off and the broker restarts', async () => {
    const { broker, gateway, port, peer } = await start(kind);
    await using proxy = await startFaultProxy({ to: { host: '127.0.0.1', port } });
    const client = board('1', proxy.port);
    await served(gateway, '1');
    const lines = numbered('line', 300);
    const got = takeDifferent(client, lines.length);
    for (const [i, line] of lines.entries()) {
      if (i % 100 === 50) {
        await client.ready();
        proxy.cut('rst');
      }
      const published = peer.publish('1', line);
      if (i % 100 === 70) {
        await broker.stop();
        await broker.start();
      }
      await published;
    }
    if (kind.inOrder) expect(await got).toEqual(lines);
    else expect((await got).sort()).toEqual(lines.sort());
    expect(client.connects).toBeGreaterThan(1);
  });

  it('the broker keeps messages while the gateway is away, and the gateway until the board is back', async () => {
    const { broker, gateway, port, peer } = await start(kind);
    const before = board('1', port);
    await served(gateway, '1');
    await before.close();
    const lines = numbered('line', 30);
    for (const line of lines.slice(0, 10)) await peer.publish('1', line);
    const again = board('1', port);
    expect(await take(again, 10)).toEqual(lines.slice(0, 10));
    await again.close();
    await gateway.interrupted();
    for (const line of lines.slice(10)) await peer.publish('1', line);
    const next = await startGateway(broker);
    await next.gateway.printed(/connected to the broker/);
    expect(await take(board('1', next.port), 20)).toEqual(lines.slice(10));
  });

  it('a retained message comes with the board, and not again after an outage of the broker', async () => {
    const { broker, gateway, port, peer } = await start(kind);
    await peer.publish('1', 'retained', true);
    const client = board('1', port);
    expect(await client.readline()).toBe('retained');
    await served(gateway, '1');
    await broker.stop();
    await gateway.printed(/no link to the broker/);
    await broker.start();
    await gateway.printed(/no link[^]*connected to the broker/);
    await peer.publish('1', 'next');
    expect(await client.readline()).toBe('next');
  });

  it('a message that is not a line is put aside, and the next one comes', async () => {
    const { gateway, port, peer, dead } = await start(kind);
    const client = board('1', port);
    await served(gateway, '1');
    for (const payload of ['', '\n', 'a\nb', 'a\n\n', Buffer.from([0xff])]) await peer.publish('1', payload);
    await peer.publish('1', 'x'.repeat(100_000));
    await peer.publish('1', 'good');
    expect(await client.readline()).toBe('good');
    await gateway.printed(
      /(put aside a message for board "1", it is empty or has a newline inside: it is in \S+dead\.jsonl\n){4}/,
    );
    await gateway.printed(/put aside a message for board "1", .*65536.*: it is in /);
    const why = [...Array<string>(4).fill('it is empty or has a newline inside'), 'it is not UTF-8'];
    expect(dead().map((letter) => letter.why)).toEqual([...why, expect.stringMatching(/65536/)]);
    expect(dead()[1]).toMatchObject({ direction: 'down', id: '1', topic: 'iot/1/down', payload: '\n' });
    expect(dead()[4]).toMatchObject({ payload: '/w==', encoding: 'base64' });
  });
}

describe('with Aedes', () => {
  suite(aedes);
});

describe.runIf(hasMosquitto)('with Mosquitto', () => {
  suite(mosquitto);
});

describe('when the broker ends the link over what comes', () => {
  it.runIf(hasMosquitto)(
    'a line too long for Mosquitto is given up after three links, and every other line arrives',
    async () => {
      const { gateway, port, peer, dead } = await start(strictMosquitto);
      const [bad, good] = [board('bad', port), board('good', port)];
      await Promise.all([served(gateway, 'bad'), served(gateway, 'good')]);
      const long = 'x'.repeat(3000);
      const written = Promise.all([long, 'after'].map((line) => bad.write(line)));
      const lines = numbered('line', 50);
      for (const line of lines) await good.write(line);
      await peer.has('iot/bad/up after');
      const why = 'the broker ended the link over it 3 times';
      expect(dead()).toMatchObject([{ direction: 'up', id: 'bad', topic: 'iot/bad/up', payload: long, why }]);
      await peer.has('iot/good/up line 49');
      await written;
      expect(firsts(peer.got).filter((message) => message.startsWith('iot/good'))).toEqual(
        lines.map((line) => `iot/good/up ${line}`),
      );
      expect(peer.got).not.toContain(`iot/bad/up ${long}`);
    },
  );

  it('of the lines under way when the link ends, only the one that ends it is given up', async () => {
    const { gateway, port, peer, dead } = await start(pickyAedes((_topic, payload) => payload === 'poison'));
    const ids = numbered('board', 3);
    const boards = ids.map((id) => board(id, port));
    await Promise.all(ids.map((id) => served(gateway, id)));
    await Promise.all(boards.flatMap((one) => ['before', 'poison', 'after'].map((line) => one.write(line))));
    for (const id of ids) {
      await gateway.printed(new RegExp(`put aside a line of board "${id}", `));
      await peer.has(`iot/${id}/up after`);
    }
    const expected = ids.flatMap((id) => [`iot/${id}/up before`, `iot/${id}/up after`]);
    expect(firsts(peer.got).sort()).toEqual(expected.sort());
    expect(dead().map(({ payload }) => payload)).toEqual(['poison', 'poison', 'poison']);
  });

  it('a subscription is given up too, and its board still publishes', async () => {
    const { gateway, port, peer } = await start(pickyAedes((topic) => topic === 'iot/bad/down'));
    const [bad, good] = [board('bad', port), board('good', port)];
    const written = Promise.all([bad.write('from bad'), good.write('from good')]);
    await gateway.printed(
      /board "bad" gets nothing: no subscription of "iot\/bad\/down", the broker ended the link over it 3 times\n/,
    );
    await served(gateway, 'good');
    await written;
    await peer.has('iot/bad/up from bad');
    await peer.has('iot/good/up from good');
    await peer.publish('good', 'to good');
    expect(await good.readline()).toBe('to good');
  });
});

it.runIf(hasMosquitto)('the broker keeps a message until its board has acked it', async () => {
  const { broker, gateway, port, peer } = await start(mosquitto);
  const before = board('1', port);
  await served(gateway, '1');
  await before.close();
  const lines = numbered('line', 15);
  for (const line of lines) await peer.publish('1', line);
  await board('2', port).write('the messages have come to the gateway before this line went');
  await peer.has('iot/2/up the messages have come to the gateway before this line went');
  gateway.process.kill('SIGKILL');
  await gateway.outcome;
  const next = await startGateway(broker);
  const after = board('1', next.port);
  expect(await take(after, 15)).toEqual(lines);
  await peer.publish('1', 'next');
  expect(await after.readline()).toBe('next');
});

it('says which connections it does not let in', async () => {
  const broker = await aedes.make();
  await saysTurnedAway(async (...more) => {
    const { gateway: program, port } = await startGateway(broker, ...more);
    return { program, port };
  });
});

it('waits for a broker that is not there at the start', async () => {
  const broker = await aedes.make();
  const { gateway, port } = await startGateway(broker);
  await gateway.printed(
    /broker: connect ECONNREFUSED [^\n]*\nno link to the broker; trying until it is back\n/,
  );
  const client = board('1', port);
  await client.ready();
  const early = client.write('early'); // acked once the broker has it
  await broker.start();
  await gateway.printed(/connected to the broker/);
  await served(gateway, '1');
  const peer = await Peer.connect(broker);
  await early;
  await client.write('late');
  await peer.has('iot/1/up late');
});

/** A broker that refuses every client and reports the credentials that each one sent. */
async function startRefusing(): Promise<{
  port: number;
  next: () => Promise<{ user?: string; password?: string }>;
}> {
  const news = new News();
  const came: { user?: string; password?: string }[] = [];
  const broker = await Aedes.createBroker({
    authenticate: (_client, user, password, done) => {
      came.push({
        ...(user != null && { user }),
        ...(password != null && { password: password.toString() }),
      });
      news.tell();
      done(null, false);
    },
  });
  const server = createServer((socket) => {
    broker.handle(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    broker.close();
  });
  const next = () => news.until(() => came.shift() ?? null);
  return { port: (server.address() as AddressInfo).port, next };
}

it('says that the broker refuses it, and tries again', async () => {
  const { port, next } = await startRefusing();
  const env = { MQTT_URL: `mqtt://me:secret@127.0.0.1:${port}` };
  const gateway = new Program('iot-mqtt', ownOptions(), { env });
  await gateway.printed(/broker: Connection refused: Not authorized\n/);
  await next();
  expect(await next()).toEqual({ user: 'me', password: 'secret' });
});

describe('MQTT_URL', () => {
  const SPECIAL = '@:/?#%+& "\'<>[]\\^`{|}=;,!$*()~ü€😀%41%';

  it.each([
    [`${encodeURIComponent(SPECIAL)}:${encodeURIComponent(SPECIAL)}`, { user: SPECIAL, password: SPECIAL }],
    ['me:a:b', { user: 'me', password: 'a:b' }],
    ['me:p@ss', { user: 'me', password: 'p@ss' }],
    ['me:100%', { user: 'me', password: '100%' }],
    ['me:%zz%ff%40', { user: 'me', password: '%zz\ufffd@' }],
    ['me:a"<>^|`{} +=;,!$&*()~ü😀', { user: 'me', password: 'a"<>^|`{} +=;,!$&*()~ü😀' }],
    ['me', { user: 'me' }],
    ['me:', { user: 'me' }],
    [':secret', { user: '', password: 'secret' }],
  ] as [string, { user: string; password?: string }][])(
    'with the credentials %s they reach the broker unchanged',
    async (credentials, expected) => {
      const { port, next } = await startRefusing();
      const env = { MQTT_URL: `mqtt://${credentials}@127.0.0.1:${port}/?clientId=other` };
      const gateway = new Program('iot-mqtt', ownOptions(), { env });
      expect(await next()).toEqual(expected);
      gateway.process.kill('SIGINT');
      const { stdout, stderr } = await gateway.outcome;
      if (expected.password !== undefined) expect(stdout + stderr).not.toContain(expected.password);
    },
  );

  it.each([
    'mqtt://me:secret/1@host.example',
    'mqtt://me:secret?1@host.example',
    'mqtt://me:secret#1@host.example',
    'mqtt://secret:77/99@host.example', // else a host called secret
    'ws://secret:77/99@host.example',
    'ws://secret:77\\99@host.example',
    'mqtt://me:secret@',
    'mqtt://me:secret@host.example:port',
    'mqtt://me:secret@host.example:77777',
    'mqtt://me:secret@ho st',
    'mqtt://me:sec\tret@host.example',
    'mqtt://',
    'mqtt:secret',
    'me:secret@host.example',
    'http://me:secret@host.example',
    'secret',
  ])('%j is a usage error that holds no part of it', async (url) => {
    const env = { MQTT_URL: url };
    const { code, stdout, stderr } = await new Program('iot-mqtt', ownOptions(), { env }).outcome;
    expect(stderr).toMatch(/^error: --broker or MQTT_URL: the URL of the broker must be /);
    expect(stdout + stderr).not.toMatch(/secret|sec\t|ret@|host\.example|ho st|77|99/);
    expect(code).toBe(2);
  });

  it.each([
    ['the option', ['--broker', 'me:secret@host.example']],
    ['an option that is written wrongly', ['--brokr=mqtt://me:secret@host.example']],
    ['an argument', ['mqtt://me:secret@host.example']],
  ])('is not shown when it is in %s', async (_where, args) => {
    const { code, stdout, stderr } = await new Program('iot-mqtt', args).outcome;
    expect(stderr).toMatch(/^error: /);
    expect(stdout + stderr).not.toMatch(/secret|host\.example/);
    expect(code).toBe(2);
  });
});

it.each([
  ['a/b', 'a%2Fb'],
  ['a+', 'a%2B'],
  ['#', '%23'],
  ['\ufdd0', '%EF%B7%90'],
])('a board with the id %j is %s in its topics', async (id, level) => {
  const { port, gateway, peer } = await start(aedes);
  const client = board(id, port);
  await client.write('up');
  await peer.has(`iot/${level}/up up`);
  await served(gateway, level);
  await peer.publish(level, 'down');
  expect(await client.readline()).toBe('down');
});

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends it with exit code 0, with a broker and without',
  async (signal) => {
    const { broker, gateway, port } = await start(aedes);
    await board('1', port).write('line');
    await gateway.interrupted(signal);
    await broker.stop();
    const alone = await startGateway(broker);
    await alone.gateway.printed(/no link to the broker/);
    const waiting = board('1', alone.port);
    await waiting.ready();
    waiting.write('line').catch(() => undefined); // acked when the broker has it
    await alone.gateway.interrupted(signal);
  },
);

it('with a store, goes on with its boards after it was killed', async () => {
  const broker = await aedes.make();
  await broker.start();
  const store = ['--store', join(temporaryFolder(), 'store')];
  const peer = await Peer.connect(broker);
  const { gateway, port } = await startGateway(broker, ...store);
  const before = board('1', port);
  await before.write('before');
  await peer.has('iot/1/up before');
  await served(gateway, '1');
  gateway.process.kill('SIGKILL');
  await gateway.outcome;
  await before.close();
  const next = await startGateway(broker, ...store);
  await served(next.gateway, '1'); // the board has not come
  await peer.publish('1', 'down');
  const after = board('1', next.port);
  expect(await after.readline()).toBe('down');
  await after.write('after');
  await peer.has('iot/1/up after');
  expect(firsts(peer.got)).toEqual(['iot/1/up before', 'iot/1/up after']);
});

it.runIf(existsSync('/dev/full'))('says why it cannot go on, and then what it could not close', async () => {
  const broker = await aedes.make();
  const store = join(temporaryFolder(), 'store');
  const options = ['--fields', '--store', store, '--dead-letters', '/dev/full'];
  const { gateway, port } = await startGateway(broker, ...options);
  mkdirSync(join(store, 'iot-store.json.new')); // where the store writes at its end
  const line = JSON.stringify({ ['/'.repeat(30_000)]: 1 }); // too long for a topic: a dead letter
  board('1', port)
    .write(line)
    .catch(() => undefined);
  const { code, stderr } = await gateway.outcome;
  expect(stderr).toMatch(
    /^error: deadLetters: \/dev\/full cannot be written \(ENOSPC\)[^\n]*\nwhile it ended: [^\n]*EISDIR[^\n]*\n$/,
  );
  expect(code).toBe(1);
});
