/** MQTT brokers that a test can stop and start again on the same port, with what they knew. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Authority } from '@iot/vitest-config/certificates';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { ownPort } from '@iot/vitest-config/ports';
import { Aedes, type AedesOptions } from 'aedes';
import { connectAsync } from 'mqtt';
import { onTestFinished } from 'vitest';

export interface Broker {
  readonly url: string;
  /** Resolves once it listens. */
  start(): Promise<void>;
  /** Ends every link; resolves once the port is free. */
  stop(): Promise<void>;
  /** Records what boards' lines the broker takes, as `topic payload` and in its order, over its restarts. */
  watch(told: (message: string) => void): Promise<void>;
}

/** A broker that is not started yet. */
export interface BrokerKind {
  /** True when a message never overtakes those that were kept for a client that was away. */
  readonly inOrder: boolean;
  make(): Promise<Broker>;
}

/** The address that `ownPort` gives. */
const LISTENS_ON = '127.81.23.2';

/** Largest packet that the strict Mosquitto takes; it ends the link over a larger one. */
const STRICT_BYTES = 2000;

export const aedes: BrokerKind = {
  inOrder: false,
  make: () => makeAedes(),
};

/** An Aedes broker that ends the link over what `refuses` says. */
export function pickyAedes(refuses: (topic: string, payload?: string) => boolean): BrokerKind {
  const answer = (refused: boolean): Error | null => (refused ? new Error('not allowed') : null);
  return {
    inOrder: false,
    make: () =>
      makeAedes({
        authorizePublish: (_client, { topic, payload }, done) => {
          done(answer(refuses(topic, payload.toString())));
        },
        authorizeSubscribe: (_client, subscription, done) => {
          const error = answer(refuses(subscription.topic));
          if (error === null) done(null, subscription);
          else done(error);
        },
      }),
  };
}

async function makeAedes(options: AedesOptions = {}): Promise<Broker> {
  const { host, port } = await ownPort();
  const broker = await Aedes.createBroker({ queueLimit: 10_000, ...options });
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const start = async (): Promise<void> => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      broker.handle(socket);
    });
    server.listen(port, host);
    await once(server, 'listening');
  };
  const stop = async (): Promise<void> => {
    if (server?.listening !== true) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  onTestFinished(async () => {
    await stop();
    await new Promise<void>((resolve) => {
      broker.close(resolve);
    });
  });
  const watch = async (told: (message: string) => void): Promise<void> => {
    broker.on('publish', ({ topic, payload }) => {
      if (topic.endsWith('/up')) told(`${topic} ${payload.toString()}`);
    });
  };
  return { url: `mqtt://${host}:${port}`, start, stop, watch };
}

/** Where Debian installs it is not in everybody's PATH. */
const MOSQUITTO = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  .map((folder) => join(folder, 'mosquitto'))
  .find((path) => existsSync(path));

export const hasMosquitto = MOSQUITTO !== undefined;

/** Ends the link when a packet of more than 2000 bytes comes. */
export const strictMosquitto: BrokerKind = {
  inOrder: true,
  make: () => makeMosquitto([`max_packet_size ${STRICT_BYTES}`]),
};

/** Takes no client without a certificate of its authority. */
export function secureMosquitto(): { kind: BrokerKind; authority: Authority } {
  const authority = new Authority();
  const make = async (): Promise<Broker> => {
    const folder = temporaryFolder();
    const own = authority.issue({ name: 'broker', names: [LISTENS_ON] });
    const files = { cafile: authority.ca, certfile: own.cert, keyfile: own.key };
    const settings = Object.entries(files).map(([name, pem]) => {
      writeFileSync(join(folder, name), pem);
      return `${name} ${join(folder, name)}`;
    });
    const broker = await makeMosquitto([...settings, 'require_certificate true']);
    return { ...broker, url: broker.url.replace('mqtt:', 'mqtts:') };
  };
  return { kind: { inOrder: true, make }, authority };
}

/** With several messages under way it may send a new one before older ones that wait. */
export const usualMosquitto: BrokerKind = { inOrder: false, make: () => makeMosquitto() };

export const mosquitto: BrokerKind = {
  inOrder: true,
  make: () => makeMosquitto(['max_inflight_messages 1']),
};

async function makeMosquitto(settings: readonly string[] = []): Promise<Broker> {
  const { host, port } = await ownPort();
  const folder = temporaryFolder(); // registered first, so removed last
  const config = join(folder, 'mosquitto.conf');
  writeFileSync(
    config,
    [
      `listener ${port} ${host}`,
      'allow_anonymous true',
      `user ${userInfo().username}`, // as root it would become another, who may not write to the folder
      'persistence true',
      `persistence_location ${folder}/`,
      'max_queued_messages 0',
      'log_dest stderr',
      ...settings,
    ].join('\n'),
  );
  let stop = (): Promise<void> => Promise.resolve();
  const start = async (): Promise<void> => {
    const broker = spawn(MOSQUITTO!, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    const closed = once(broker, 'close');
    stop = async () => {
      broker.kill('SIGTERM'); // writes what it knows to the folder
      await closed;
    };
    let log = '';
    for await (const chunk of broker.stderr.iterator({ destroyOnReturn: false })) {
      log += String(chunk);
      if (/ running$/m.test(log)) break;
    }
    broker.stderr.resume();
    if (!/ running$/m.test(log)) throw new Error(`mosquitto ended: ${log}`);
  };
  onTestFinished(() => stop());
  const url = `mqtt://${host}:${port}`;
  return { url, start, stop: () => stop(), watch: (told) => watch(url, told) };
}

/** Gets what is published while it is away too. */
async function watch(url: string, told: (message: string) => void): Promise<void> {
  const client = await connectAsync(url, { clientId: 'watcher', clean: false, reconnectPeriod: 100 });
  onTestFinished(() => client.endAsync(true));
  client.on('error', () => undefined); // it connects again by itself
  client.on('message', (topic, payload) => {
    told(`${topic} ${payload.toString()}`);
  });
  await client.subscribeAsync('iot/+/up', { qos: 1 });
}
