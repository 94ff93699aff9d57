/**
 * MQTT.js with a broker. One client publishes a line, and another client, which has subscribed, reads it. The
 * line has arrived when the publisher's handshake is complete and the subscriber has the line. The measured
 * time is the subscriber's. In the mode `delivered` a line has arrived when the broker has it, because a
 * subscriber that reconnects may miss it.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { connectAsync, type MqttClient } from 'mqtt';
import { eachLine, type Adapter, type Driver, type Endpoint, type Load, type Served } from './contestant.js';
import { folderOnDisk } from './disk.js';
import { serveProgram } from './program.js';

const TOPIC = 'bench';

/** A disconnected subscriber, for which the broker keeps lines. */
const AWAY = { clientId: 'away', clean: false };

type Serve = (endpoint: Endpoint) => Promise<Served>;

export const mosquitto: Serve = (endpoint) => serveMosquitto(endpoint, []);

/** Mosquitto with persistence writes its file after every thousand changes, and acks before that. */
export const mosquittoStored: Serve = (endpoint) =>
  serveMosquitto(endpoint, ['persistence true', 'autosave_on_changes true', 'autosave_interval 1000']);

export async function serveMosquitto({ host, port }: Endpoint, more: readonly string[]): Promise<Served> {
  const folder = folderOnDisk('mosquitto');
  const config = join(folder, 'mosquitto.conf');
  const settings = [
    `listener ${port} ${host}`,
    'allow_anonymous true',
    `user ${userInfo().username}`,
    `persistence_location ${folder}/`,
    'set_tcp_nodelay true',
    // No limit: with the default of 20, the bench would measure the limit.
    'max_inflight_messages 0',
    'max_queued_messages 0',
    'log_dest stderr',
    ...more,
  ];
  writeFileSync(config, settings.join('\n'));
  return serveProgram('mosquitto', ['-c', config], / running$/m);
}

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

    async connect(endpoint, mode, number) {
      const publisher = await dial(endpoint);
      if (mode === 'stored' && number === 0) await subscribeAndLeave(endpoint, qos);
      if (mode === 'delivered' || mode === 'stored')
        return eachLine((line) => publisher.publishAsync(TOPIC, line, { qos }));
      const subscriber = await dial(endpoint);
      await subscriber.subscribeAsync(TOPIC, { qos });
      return publishing(publisher, subscriber, qos);
    },
  };
}

async function dial({ host, port }: Endpoint): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://${host}:${port}`);
  client.on('error', () => undefined); // the client reconnects by itself
  return client;
}

async function subscribeAndLeave({ host, port }: Endpoint, qos: 1 | 2): Promise<void> {
  const subscriber = await connectAsync(`mqtt://${host}:${port}`, AWAY);
  await subscriber.subscribeAsync(TOPIC, { qos });
  await subscriber.endAsync();
}

/** The order within one topic is kept, so the lines need no numbers. */
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
