/**
 * NATS with its server. Two contestants: a request that another client answers, and a publication that
 * JetStream stores in a file and acks.
 */
import { jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { eachLine, type Adapter, type Endpoint } from './contestant.js';
import { folderOnDisk } from './disk.js';
import { serveProgram } from './program.js';

export const natsRequest: Adapter = {
  serve,

  async connect(endpoint) {
    const [client, responder] = await Promise.all([dial(endpoint), dial(endpoint)]);
    responder.subscribe('line', {
      callback: (_error, message) => {
        message.respond(message.data);
      },
    });
    await responder.flush();
    const encoder = new TextEncoder();
    return eachLine((line) => client.request('line', encoder.encode(line), { timeout: 10_000 }));
  },
};

export const natsJetStream: Adapter = {
  serve,

  async connect(endpoint) {
    const client = await dial(endpoint);
    const manager = await jetstreamManager(client);
    await manager.streams.add({
      name: 'lines',
      subjects: ['line'],
      storage: StorageType.File,
      max_bytes: 256 * 2 ** 20,
    });
    const stream = jetstream(client);
    const encoder = new TextEncoder();
    return eachLine((line) => stream.publish('line', encoder.encode(line)));
  },
};

function serve({ host, port }: Endpoint) {
  const args = ['-a', host, '-p', String(port), '-js', '-sd', folderOnDisk('nats')];
  return serveProgram('nats-server', args, /Server is ready/);
}

function dial({ host, port }: Endpoint): Promise<NatsConnection> {
  return connect({ servers: `${host}:${port}` });
}
