/** The client and server of this project, in either version of the protocol. */
import { connect, type Client } from '@iot/client';
import { listen, type Connection, type Server, type SessionStore } from '@iot/server';
import { levelStore } from '@iot/store-level';
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
import { folderOnDisk } from './disk.js';
import type { BothEnds } from './tls.js';

/** The maximum of version 1. The library's default is 16. */
const MAX_IN_FLIGHT = 100;

/** The second client where lines are relayed. */
const RELAY_TARGET = 'target';

/** Additional options of the ends: TLS instead of TCP, and a store at the server. */
interface Extras {
  readonly tls?: BothEnds;
  readonly openStore?: () => Promise<SessionStore>;
}

export function ours(protocol: 1 | 2, { tls, openStore }: Extras = {}): Adapter {
  return {
    async serve(endpoint) {
      const ports = tls && { port: false as const, tls: { ...tls.serve, port: endpoint.port } };
      const store = await openStore?.();
      const server = await listen({ ...endpoint, ...ports, protocol, maxInFlight: MAX_IN_FLIGHT, store });
      server.on('client', (connection) => void serveClient(server, connection));
      return {};
    },

    async connect(endpoint, mode, number) {
      const client = await dial(endpoint, number === 0 ? mode : `${mode}${number}`, protocol, tls);
      // Version 1 allows one line in flight per link if order is kept.
      const options = protocol === 1 ? { wait: false } : undefined;
      switch (mode) {
        case 'acked':
        case 'delivered':
        case 'stored':
        case 'bridged':
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

async function dial(endpoint: Endpoint, id: string, protocol: 1 | 2, tls?: BothEnds): Promise<Client> {
  const client = connect({
    ...endpoint,
    tls: tls?.dial,
    id,
    protocol,
    maxInFlight: MAX_IN_FLIGHT,
    // On a busy machine an answer may be late. The client then tries again.
    badServer: () => undefined,
  });
  await client.ready();
  return client;
}

/** The same with a store at the server, which syncs a line before it is acked. */
export function oursStored(protocol: 1 | 2): Adapter {
  return ours(protocol, { openStore: () => levelStore(folderOnDisk('ours')) });
}

/** The id of a client is its mode. In the mode `stored` a number follows. */
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
