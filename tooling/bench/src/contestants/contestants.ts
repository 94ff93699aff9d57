/** All contestants, by their names for `--against`. An adapter is loaded only in the process that runs it. */
import type { Adapter, Mode } from './contestant.js';

export interface Contestant {
  /** The name in tables and charts. */
  readonly title: string;
  readonly modes: readonly Mode[];
  /** The program that must be installed. */
  readonly program?: string;
  load(): Promise<Adapter>;
}

const all = {
  'ours-2': {
    title: 'ours, version 2',
    modes: ['acked', 'answered', 'unsafe', 'relayed', 'delivered'],
    load: async () => (await import('./ours.js')).ours(2),
  },
  'ours-1': {
    title: 'ours, version 1',
    modes: ['acked', 'answered', 'unsafe', 'relayed', 'delivered'],
    load: async () => (await import('./ours.js')).ours(1),
  },
  'ours-2-key': {
    title: 'ours, version 2, TLS with a key',
    modes: ['acked'],
    load: async () => (await import('./ours.js')).ours(2, { tls: (await import('./tls.js')).withKey() }),
  },
  'ours-2-certificates': {
    title: 'ours, version 2, TLS with certificates',
    modes: ['acked'],
    program: 'openssl',
    load: async () =>
      (await import('./ours.js')).ours(2, { tls: (await import('./tls.js')).withCertificates() }),
  },
  raw: {
    title: 'raw sockets',
    modes: ['acked', 'answered', 'unsafe', 'relayed'],
    load: async () => (await import('./raw-echo.js')).rawEcho,
  },
  mini2: {
    title: 'mini2',
    modes: ['acked', 'answered'],
    load: async () => (await import('./mini2.js')).mini2,
  },
  'socket.io': {
    title: 'Socket.IO',
    modes: ['acked', 'answered', 'unsafe', 'delivered'],
    load: async () => (await import('./socket-io.js')).socketIo,
  },
  ws: {
    title: 'ws echo',
    modes: ['acked', 'answered', 'unsafe'],
    load: async () => (await import('./ws.js')).wsEcho,
  },
  'mosquitto-1': {
    title: 'MQTT.js, Mosquitto, QoS 1',
    modes: ['acked', 'delivered'],
    program: 'mosquitto',
    load: () => loadMqtt('mosquitto', 1),
  },
  'mosquitto-2': {
    title: 'MQTT.js, Mosquitto, QoS 2',
    modes: ['acked'],
    program: 'mosquitto',
    load: () => loadMqtt('mosquitto', 2),
  },
  'aedes-1': {
    title: 'MQTT.js, Aedes, QoS 1',
    modes: ['acked', 'delivered'],
    load: () => loadMqtt('aedes', 1),
  },
  'aedes-2': {
    title: 'MQTT.js, Aedes, QoS 2',
    modes: ['acked'],
    load: () => loadMqtt('aedes', 2),
  },
  'nats-request': {
    title: 'NATS request-reply',
    modes: ['acked'],
    program: 'nats-server',
    load: async () => (await import('./nats.js')).natsRequest,
  },
  'nats-jetstream': {
    title: 'NATS JetStream',
    modes: ['acked', 'stored'],
    program: 'nats-server',
    load: async () => (await import('./nats.js')).natsJetStream,
  },
  'ours-2-stored': {
    title: 'ours, version 2, store at the server',
    modes: ['stored'],
    load: async () => (await import('./ours.js')).oursStored(2),
  },
  'ours-1-stored': {
    title: 'ours, version 1, store at the server',
    modes: ['stored'],
    load: async () => (await import('./ours.js')).oursStored(1),
  },
  fdatasync: {
    title: 'a file, fdatasync after each line',
    modes: ['stored'],
    load: async () => (await import('./fdatasync.js')).fdatasync,
  },
  'mosquitto-stored': {
    title: 'MQTT.js, Mosquitto with persistence, QoS 1',
    modes: ['stored'],
    program: 'mosquitto',
    load: async () => {
      const { mosquittoStored, mqtt } = await import('./mqtt.js');
      return mqtt(mosquittoStored, 1);
    },
  },
  gateway: {
    title: 'ours, version 2, the MQTT gateway',
    modes: ['bridged'],
    program: 'mosquitto',
    load: async () => (await import('./bridged.js')).gateway,
  },
  'mosquitto-bridge': {
    title: 'MQTT.js, the bridge of Mosquitto, QoS 1',
    modes: ['bridged'],
    program: 'mosquitto',
    load: async () => (await import('./bridged.js')).mosquittoBridge,
  },
} satisfies Record<string, Contestant>;

export type ContestantName = keyof typeof all;

export const CONTESTANTS: Readonly<Record<ContestantName, Contestant>> = all;
export const CONTESTANT_NAMES = Object.keys(all) as ContestantName[];

async function loadMqtt(broker: 'mosquitto' | 'aedes', qos: 1 | 2): Promise<Adapter> {
  const adapters = await import('./mqtt.js');
  return adapters.mqtt(adapters[broker], qos);
}
