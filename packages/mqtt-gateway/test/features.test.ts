/** What the gateway does beyond lines to and fro, in this process, with a real broker. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { board } from '@iot/app-kit/testing';
import { startFaultProxy } from '@iot/fault-proxy';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { numbered, take } from '@iot/vitest-config/lines';
import { News } from '@iot/vitest-config/news';
import { levelStore } from '@iot/store-level';
import { connectAsync, type IClientPublishOptions, type MqttClient } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describe as lineOf, startGateway, type GatewayEvent, type GatewayOptions } from '../src/index.js';
import { aedes, hasMosquitto, mosquitto, usualMosquitto, type Broker } from './brokers.js';

/** A gateway in this process, closed at the end of the test, and what it has reported. */
async function gatewayOf(url: string, options: GatewayOptions = {}) {
  const news = new News();
  const events: GatewayEvent[] = [];
  const gateway = await startGateway({
    ...options,
    server: { host: '127.0.0.1', port: 0, timeout: 60_000, ...options.server },
    broker: { url, ...options.broker },
    report: (event) => {
      events.push(event);
      news.tell();
    },
  });
  onTestFinished(() => gateway.close());
  const reported = (line: RegExp): Promise<string> =>
    news.until(() => events.map(lineOf).find((it) => line.test(it)) ?? null);
  return { gateway, port: gateway.server.address.port, events, reported };
}

/** A client at the broker that keeps what each topic has said last, and all of it. */
class Watcher {
  readonly all: string[] = [];
  readonly retained = new Map<string, string>();
  readonly #news = new News();
  readonly client: MqttClient;

  private constructor(client: MqttClient) {
    this.client = client;
    client.on('error', () => undefined);
    client.on('message', (topic, payload, { retain }) => {
      this.all.push(`${topic} ${payload.toString()}`);
      if (retain) this.retained.set(topic, payload.toString());
      this.#news.tell();
    });
    onTestFinished(() => client.endAsync(true));
  }

  static async of(url: string): Promise<Watcher> {
    const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 100 });
    const watcher = new Watcher(client);
    await client.subscribeAsync('#', { qos: 1 });
    return watcher;
  }

  async publish(topic: string, payload: string, options: IClientPublishOptions = {}): Promise<void> {
    await this.client.publishAsync(topic, payload, { qos: 1, ...options });
  }

  has(message: RegExp): Promise<string> {
    return this.#news.until(() => this.all.find((it) => message.test(it)) ?? null);
  }
}

/** What the broker retains on a topic; waits for it. */
async function retainedAt(url: string, topic: string): Promise<string> {
  const watcher = await Watcher.of(url);
  await watcher.has(new RegExp(`^${topic} `));
  return watcher.retained.get(topic)!;
}

async function started(): Promise<Broker> {
  const broker = await usualMosquitto.make();
  await broker.start();
  return broker;
}

describe.runIf(hasMosquitto)('with Mosquitto', () => {
  it('with a store, boards go on while the broker is away, and it gets all in order when it is back', async () => {
    const broker = await started();
    await using store = await levelStore(join(temporaryFolder(), 'store'));
    await using first = (await gatewayOf(broker.url, { server: { store } })).gateway;
    const news = new News();
    const published: string[] = [];
    await broker.watch((message) => {
      published.push(message);
      news.tell();
    });
    const client = board('1', first.server.address.port);
    await client.write('before');
    await broker.stop();
    const lines = numbered('line', 600);
    for (const line of lines) await client.write(line); // acked: more than fit without a store
    await first.close();
    const { port } = await gatewayOf(broker.url, { server: { store } });
    await broker.start();
    const again = board('2', port);
    await again.write('of another board');
    await news.until(() => published.includes('iot/1/up line 599'));
    const got = [...new Set(published.filter((message) => message.startsWith('iot/1/up line')))];
    expect(got).toEqual(lines.map((line) => `iot/1/up ${line}`));
  });

  it('with a store, messages for a board that is away hold no other board up', async () => {
    const { url } = await started();
    await using store = await levelStore(join(temporaryFolder(), 'store'));
    const { gateway, port, reported } = await gatewayOf(url, { server: { store } });
    const [before, other] = [board('1', port), board('2', port)];
    await reported(/^subscribe iot\/1\/down: done$/);
    await reported(/^subscribe iot\/2\/down: done$/);
    await before.close();
    const watcher = await Watcher.of(url);
    const lines = numbered('line', 50); // the broker sends 20 without an ack
    for (const line of lines) await watcher.publish('iot/1/down', line);
    await watcher.publish('iot/2/down', 'to another board');
    expect(await other.readline()).toBe('to another board');
    expect(await take(board('1', port), 50)).toEqual(lines);
    await gateway.close();
  });

  it('publishes the fields of a JSON line to topics of their own, retained, and other lines as they are', async () => {
    const { url } = await started();
    const { port } = await gatewayOf(url, { fields: true });
    const client = board('1', port);
    await client.write(JSON.stringify({ temperature: 21.5, door: 'open', 'a/b': { deep: true } }));
    await client.write('no JSON');
    const watcher = await Watcher.of(url);
    await watcher.has(/a%2Fb/);
    await watcher.has(/door/);
    await watcher.has(/temperature/);
    expect(Object.fromEntries(watcher.retained)).toMatchObject({
      'iot/1/up/temperature': '21.5',
      'iot/1/up/door': 'open',
      'iot/1/up/a%2Fb': '{"deep":true}',
    });
    expect(watcher.retained.has('iot/1/up')).toBe(false);
  });

  it('publishes a JSON line as it is when it is nested too deeply to write its fields', async () => {
    const { url } = await started();
    const { port } = await gatewayOf(url, { fields: true });
    const watcher = await Watcher.of(url);
    const client = board('1', port);
    const deep = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    await client.write(deep);
    await client.write('{"b":1}');
    await watcher.has(/up\/b 1$/);
    expect(watcher.all).toContain(`iot/1/up ${deep}`);
  });

  it('puts a field aside whose name makes a topic that is longer than MQTT can send', async () => {
    const { url } = await started();
    const { port, events } = await gatewayOf(url, { fields: true });
    const watcher = await Watcher.of(url);
    const client = board('1', port);
    await client.write(JSON.stringify({ ['/'.repeat(30_000)]: 1, b: 2 }));
    await watcher.has(/up\/b 2$/);
    const letters = events.flatMap((event) => (event.type === 'dead letter' ? [event.letter] : []));
    expect(letters).toEqual([expect.objectContaining({ direction: 'up', id: '1', payload: '1' })]);
    expect(letters[0]?.why).toMatch(/longer than 65535 bytes/);
  });

  it('takes topics by template, and the broker retains the last line of each board', async () => {
    const { url } = await started();
    const topics = {
      up: 'home/{id}/said',
      down: 'home/{id}/told',
      status: 'home/{id}',
      gateway: 'gate/{gateway}',
    };
    const { port, reported } = await gatewayOf(url, { topics, retain: true });
    const client = board('1', port);
    await client.write('one');
    await client.write('two');
    expect(await retainedAt(url, 'home/1/said')).toBe('two');
    await reported(/^subscribe home\/1\/told: done$/);
    await (await Watcher.of(url)).publish('home/1/told', 'down');
    expect(await client.readline()).toBe('down');
    expect(await retainedAt(url, 'gate/iot-gateway')).toBe('{"online":true}');
  });

  it('says whether a board is there, since when, and how often its link was lost', async () => {
    const { url } = await started();
    const { port, gateway } = await gatewayOf(url);
    await using proxy = await startFaultProxy({ to: { host: '127.0.0.1', port } });
    const watcher = await Watcher.of(url);
    const client = board('1', proxy.port);
    await client.ready();
    await watcher.has(
      /^iot\/1\/status \{"online":true,"since":"\d{4}-.*Z","outages":0,"repeats":0,"gateway":"iot-gateway"\}$/,
    );
    proxy.cut('rst');
    await watcher.has(/^iot\/1\/status \{"online":true,"since":"[^"]*","outages":1,"repeats":0,/);
    await client.close();
    await watcher.has(/^iot\/1\/status \{"online":false,"since":"[^"]*","outages":2,/);
    await gateway.close();
    expect(await retainedAt(url, 'iot/1/status')).toMatch(/^\{"online":false,/);
    expect(await retainedAt(url, 'iot-gateway/iot-gateway/status')).toBe('{"online":false}');
  });

  it('boards of a gateway that was killed are offline when the next one starts, and those of another are not', async () => {
    const { url } = await started();
    const watcher = await Watcher.of(url);
    const status = (id: string, gateway: string) =>
      watcher.publish(`iot/${id}/status`, JSON.stringify({ online: true, gateway }), { retain: true });
    await status('1', 'other');
    await status('2', 'iot-gateway');
    await watcher.publish('iot/3/status', 'no JSON', { retain: true });
    const { gateway } = await gatewayOf(url);
    await watcher.has(/^iot\/2\/status \{"online":false,/);
    await gateway.close();
    expect(await retainedAt(url, 'iot/1/status')).toBe('{"online":true,"gateway":"other"}');
    expect(await retainedAt(url, 'iot/3/status')).toBe('no JSON');
  });

  it('a board that is forgotten leaves nothing retained', async () => {
    const { url } = await started();
    const { port, gateway } = await gatewayOf(url);
    const watcher = await Watcher.of(url);
    await board('1', port).ready();
    await watcher.has(/^iot\/1\/status \{"online":true/);
    await gateway.server.forget('1');
    await watcher.has(/^iot\/1\/status $/);
  });

  it('a message that the broker sends again is written once to a board that was away', async () => {
    const broker = await started();
    const { port, reported, events } = await gatewayOf(broker.url);
    const before = board('1', port);
    await reported(/^subscribe iot\/1\/down: done$/);
    await before.close();
    const watcher = await Watcher.of(broker.url);
    const lines = numbered('line', 10);
    for (const line of lines) await watcher.publish('iot/1/down', line);
    await broker.stop();
    await reported(/^no link to the broker/);
    events.length = 0;
    await broker.start();
    await reported(/^connected to the broker/);
    const after = board('1', port);
    await watcher.publish('iot/1/down', 'last');
    expect(await take(after, 11)).toEqual([...lines, 'last']);
  });

  it('a message whose ack the broker did not get is not written twice', async () => {
    const { url } = await started();
    const { hostname, port: brokerPort } = new URL(url);
    await using proxy = await startFaultProxy({ to: { host: hostname, port: Number(brokerPort) } });
    const { port, reported, events } = await gatewayOf(`mqtt://127.0.0.1:${proxy.port}`);
    const client = board('1', port);
    await reported(/^subscribe iot\/1\/down: done$/);
    const watcher = await Watcher.of(url);
    proxy.stall('toServer');
    await watcher.publish('iot/1/down', 'once');
    expect(await client.readline()).toBe('once');
    await client.drain();
    events.length = 0;
    proxy.cut('rst'); // the ack of the gateway is lost with what was held back
    proxy.heal();
    await reported(/^connected to the broker/);
    await watcher.publish('iot/1/down', 'next');
    expect(await client.readline()).toBe('next');
  });

  it('who names a response topic is answered there what became of the message', async () => {
    const { url } = await started();
    const { port, reported } = await gatewayOf(url);
    const one = board('1', port);
    const gone = board('2', port);
    await reported(/^subscribe iot\/1\/down: done$/);
    await reported(/^subscribe iot\/2\/down: done$/);
    await gone.close();
    const watcher = await Watcher.of(url);
    const answered = new Map<string, string>();
    const news = new News();
    watcher.client.on('message', (topic, payload, { properties }) => {
      if (topic !== 'answers') return;
      answered.set(String(properties?.correlationData), payload.toString());
      news.tell();
    });
    const ask = (id: string, line: string, question: string, more = {}) =>
      watcher.publish(`iot/${id}/down`, line, {
        properties: { responseTopic: 'answers', correlationData: Buffer.from(question), ...more },
      });
    await ask('1', 'on', 'to one');
    expect(await one.readline()).toBe('on');
    await ask('1', '', 'to one, empty');
    await ask('2', 'on', 'to the one that is away', { messageExpiryInterval: 1 });
    await news.until(() => answered.size === 3);
    expect(answered.get('to one')).toBe('{"id":"1","outcome":"delivered"}');
    expect(answered.get('to one, empty')).toMatch(/^{"id":"1","outcome":"dead letter","why":"it is empty /);
    expect(answered.get('to the one that is away')).toBe('{"id":"2","outcome":"expired"}');
  });

  it('a message with an expiry is not given to a board that comes later', async () => {
    const { url } = await started();
    const { port, reported } = await gatewayOf(url);
    const before = board('1', port);
    await reported(/^subscribe iot\/1\/down: done$/);
    await before.close();
    const watcher = await Watcher.of(url);
    await watcher.publish('iot/1/down', 'stale', { properties: { messageExpiryInterval: 1 } });
    await watcher.publish('iot/1/down', 'fresh', { properties: { messageExpiryInterval: 1000 } });
    await reported(/^a message for board "1" has expired before it was sent to the board$/);
    expect(await board('1', port).readline()).toBe('fresh');
  });

  it('two gateways with client ids of their own serve different boards at one broker', async () => {
    const { url } = await started();
    const [one, two] = [
      await gatewayOf(url, { broker: { clientId: 'one' } }),
      await gatewayOf(url, { broker: { clientId: 'two' } }),
    ];
    const [a, b] = [board('a', one.port), board('b', two.port)];
    await one.reported(/^subscribe iot\/a\/down: done$/);
    await two.reported(/^subscribe iot\/b\/down: done$/);
    const watcher = await Watcher.of(url);
    await watcher.publish('iot/a/down', 'to a');
    await watcher.publish('iot/b/down', 'to b');
    expect([await a.readline(), await b.readline()]).toEqual(['to a', 'to b']);
    await watcher.has(/^iot-gateway\/one\/status \{"online":true\}$/);
    await watcher.has(/^iot-gateway\/two\/status \{"online":true\}$/);
  });
});

it.each([['Aedes', aedes], ...(hasMosquitto ? [['Mosquitto', mosquitto] as const] : [])] as const)(
  'a second gateway with the same client id at %s, which does not say so, is suspected',
  async (_, kind) => {
    const broker = await kind.make();
    await broker.start();
    const { reported } = await gatewayOf(broker.url);
    await reported(/^connected to the broker/);
    await gatewayOf(broker.url);
    await reported(
      /^the broker ends each link soon after it began: if another client has the client id "iot-gateway", /,
    );
  },
);

it('a second gateway with the same client id at a broker that says so is reported once', async () => {
  const broker = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(Buffer.from('2003000000', 'hex')); // CONNACK of MQTT 5
      socket.end(Buffer.from('e0028e00', 'hex')); // DISCONNECT, session taken over
    });
  }).listen(0, '127.0.0.1');
  await once(broker, 'listening');
  onTestFinished(() => void broker.close());
  const { events, reported } = await gatewayOf(`mqtt://127.0.0.1:${(broker.address() as AddressInfo).port}`);
  await reported(
    /^another client with the client id "iot-gateway" has taken our place at the broker: give each gateway a client id of its own$/,
  );
  await once(broker, 'connection');
  await reported(/^no link to the broker/);
  expect(events.filter(({ type }) => type === 'taken over')).toHaveLength(1);
});

it('is refused with what cannot work', async () => {
  const refused = async (options: object, message: string): Promise<void> =>
    expect(startGateway(options)).rejects.toMatchObject({ code: 'ERR_BAD_OPTION', message });
  await refused({ tipocs: {} }, 'startGateway: there is no option "tipocs"');
  await refused({ topics: { ups: 'a' } }, 'topics: there is no option "ups"');
  const overlap = 'topics.up and topics.down match the same topics: give them a level that differs';
  await refused({ topics: { up: 'iot/{id}/down' } }, overlap);
  // What board "x" sends would be taken for a message to board "iot".
  await refused({ topics: { up: 'iot/{id}', down: '{id}/x' } }, overlap);
  await refused({ deadLetters: '/missing/file' }, 'deadLetters: /missing/file cannot be opened (ENOENT)');
});

it('ends when a dead letter cannot be written', async () => {
  const broker = await aedes.make();
  const { gateway, port, reported } = await gatewayOf(broker.url, { deadLetters: '/dev/full' });
  await broker.start();
  await reported(/^connected to the broker/);
  const client = board('1', port);
  await reported(/^subscribe iot\/1\/down: done$/);
  const peer = await connectAsync(broker.url);
  onTestFinished(() => peer.endAsync(true));
  await peer.publishAsync('iot/1/down', 'two\nlines', { qos: 1 });
  await expect(gateway.closed).rejects.toThrow(/ENOSPC/);
  await client.close();
});
