/**
 * Lines from boards, or from MQTT clients, to a second broker: through @iot/mqtt-gateway, or through the
 * bridge of a first Mosquitto. The second broker is a Mosquitto too, and its CPU time is not counted. A line
 * has arrived when a subscriber of the second broker has it and its sender has the ack. The measured time is
 * the subscriber's.
 */
import { connect } from '@iot/client';
import { startGateway } from '@iot/mqtt-gateway';
import { connectAsync } from 'mqtt';
import { eachLine, type Adapter, type Driver, type Endpoint } from './contestant.js';
import { serveMosquitto } from './mqtt.js';

export const gateway: Adapter = {
  async serve(endpoint) {
    const broker = elsewhere(endpoint);
    await serveMosquitto(broker, []);
    await startGateway({ server: endpoint, broker: { url: urlOf(broker) } });
    return {};
  },

  async connect(endpoint, _mode, number) {
    const id = `board-${number}`;
    const client = connect({ ...endpoint, id });
    await client.ready();
    return bridged(endpoint, id, (line) => client.write(line));
  },
};

export const mosquittoBridge: Adapter = {
  async serve(endpoint) {
    const broker = elsewhere(endpoint);
    await serveMosquitto(broker, []);
    return serveMosquitto(endpoint, [
      'connection bridge',
      `address ${broker.host}:${broker.port}`,
      'topic # out 1 "" ""',
      'try_private false',
      'notifications false',
    ]);
  },

  async connect(endpoint, _mode, number) {
    const id = `board-${number}`;
    const publisher = await connectAsync(urlOf(endpoint));
    return bridged(endpoint, id, (line) => publisher.publishAsync(topicOf(id), line, { qos: 1 }));
  },
};

const urlOf = ({ host, port }: Endpoint): string => `mqtt://${host}:${port}`;
const topicOf = (id: string): string => `iot/${id}/up`;

/**
 * The endpoint of the second broker: the same port of the next loopback address, where nothing else listens.
 */
function elsewhere({ host, port }: Endpoint): Endpoint {
  return { host: host.replace(/\d+$/, (last) => String((Number(last) % 254) + 1)), port };
}

async function bridged(
  endpoint: Endpoint,
  id: string,
  send: (line: string) => Promise<unknown>,
): Promise<Driver> {
  const subscriber = await connectAsync(urlOf(elsewhere(endpoint)));
  await subscriber.subscribeAsync(topicOf(id), { qos: 1 });
  const read: (() => void)[] = [];
  subscriber.on('message', () => read.shift()?.());
  return eachLine((line) => {
    const arrived = new Promise<void>((resolve) => read.push(resolve));
    return Promise.all([arrived, send(line)]);
  });
}
