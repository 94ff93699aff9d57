/** This project's client and server, in either version of the wire. */
import { connect, type Client } from '@iot/client';
import { listen, type Connection, type Server } from '@iot/server';
import {
  COUNT,
  Counter,
  eachLine,
  eachUnsafeLine,
  type Adapter,
  type Driver,
  type Endpoint,
  type Mode,
} from './contestant.js';

/** As many as version 1 can have; by default it is 16. */
const MAX_IN_FLIGHT = 100;

/** The second client where lines are relayed. */
const RELAY_TARGET = 'target';

export function ours(protocol: 1 | 2): Adapter {
  return {
    async serve(endpoint) {
      const server = await listen({ ...endpoint, protocol, maxInFlight: MAX_IN_FLIGHT });
      server.on('client', (connection) => void serveClient(server, connection));
      return {};
    },

    async connect(endpoint, mode) {
      const client = await dial(endpoint, mode, protocol);
      // Version 1 has one line in flight in each link where order is kept.
      const options = protocol === 1 ? { wait: false } : undefined;
      switch (mode) {
        case 'acked':
        case 'delivered':
          return eachLine((line) => client.write(line, options));
        case 'answered':
          return eachLine((line) => Promise.all([client.readline(), client.write(line, options)]));
        case 'unsafe':
          return unsafe(client);
        case 'relayed': {
          const target = await dial(endpoint, RELAY_TARGET, protocol);
          return eachLine((line) => {
            void client.write(line, options);
            return target.readline();
          });
        }
      }
    },
  };
}

async function dial(endpoint: Endpoint, id: string, protocol: 1 | 2): Promise<Client> {
  const client = connect({ ...endpoint, id, protocol, maxInFlight: MAX_IN_FLIGHT });
  await client.ready();
  return client;
}

/** The id of a client is its mode. */
async function serveClient(server: Server, connection: Connection): Promise<void> {
  const mode = connection.id as Mode;
  const counter = new Counter();
  const options = { wait: false };
  for await (const line of connection) {
    if (mode === 'answered') void connection.write(line, options);
    else if (mode === 'relayed') void server.get(RELAY_TARGET).write(line, options);
    else if (mode === 'unsafe') {
      const answer = counter.take(line);
      if (answer !== undefined) void connection.write(answer);
    }
  }
}

function unsafe(client: Client): Driver {
  const unsafeLine = { qos: false };
  return eachUnsafeLine(
    (line) => client.write(line, unsafeLine),
    async () => {
      const [answer] = await Promise.all([client.readline(), client.write(COUNT)]);
      return Number(answer);
    },
  );
}
