/**
 * MQTT.js with a broker. A line is published by one client and read by another, which has subscribed: it has arrived when
 * the publisher's handshake is over and the subscriber has it, and its time is the subscriber's. A line that is
 * `delivered` has arrived at the broker: a subscriber that comes back may have missed it.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { connectAsync, type MqttClient } from 'mqtt';
import { eachLine, type Adapter, type Driver, type Endpoint, type Load, type Served } from './contestant.js';
import { serveProgram } from './program.js';

const TOPIC = 'bench';

type Serve = (endpoint: Endpoint) => Promise<Served>;

export const mosquitto: Serve = async ({ host, port }) => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-mosquitto-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, 'mosquitto.conf');
  const settings = [
    `listener ${port} ${host}`,
    'allow_anonymous true',
    `user ${userInfo().username}`,
    'persistence false',
    'set_tcp_nodelay true',
    // No limit: with the default of 20 it would be the limit that is measured.
    'max_inflight_messages 0',
    'max_queued_messages 0',
    'log_dest stderr',
  ];
  writeFileSync(config, settings.join('\n'));
  return serveProgram('mosquitto', ['-c', config], / running$/m);
};

export const aedes: Serve = async ({ host, port }) => {
  const broker = await Aedes.createBroker();
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    broker.handle(socket);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {};
};

export function mqtt(serve: Serve, qos: 1 | 2): Adapter {
  return {
    serve,

    async connect(endpoint, mode) {
      const publisher = await dial(endpoint);
      if (mode === 'delivered') return eachLine((line) => publisher.publishAsync(TOPIC, line, { qos }));
      const subscriber = await dial(endpoint);
      await subscriber.subscribeAsync(TOPIC, { qos });
      return publishing(publisher, subscriber, qos);
    },
  };
}

async function dial({ host, port }: Endpoint): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://${host}:${port}`);
  client.on('error', () => undefined); // it connects again by itself
  return client;
}

/** One topic keeps the order, so the lines need no numbers. */
function publishing(publisher: MqttClient, subscriber: MqttClient, qos: 1 | 2): Driver {
  let onLine = (): void => undefined;
  subscriber.on('message', () => {
    onLine();
  });
  return {
    run(load: Load, took) {
      const read: (() => void)[] = [];
      onLine = () => read.shift()?.();
      return eachLine((line) => {
        const start = performance.now();
        const arrived = new Promise<void>((resolve) => read.push(resolve)).then(() => {
          took(performance.now() - start);
        });
        return Promise.all([arrived, publisher.publishAsync(TOPIC, line, { qos })]);
      }).run(load, () => undefined);
    },
  };
}
