import { Connection, Pump, type Transport } from '@iot/connection';
import { Session } from '@iot/qos';
import { expect, it } from 'vitest';
import { World } from './world.js';

/** The server's end once its hello has been read, which comes in a payload of its own. */
function afterHello(transport: Transport): Transport {
  let hello = true;
  return {
    remoteAddress: transport.remoteAddress,
    start: (handlers) =>
      transport.start({
        data: (chunk) => {
          if (!hello) handlers.data(chunk);
          hello = false;
        },
        drain: () => handlers.drain(),
        ended: (how) => handlers.ended(how),
      }),
    write: (bytes) => transport.write(bytes),
    close: () => transport.close(),
    destroy: () => transport.destroy(),
  };
}

it.each(['initiator', 'responder'] as const)(
  'carries a connection between a client on the %s and a server on the other unit',
  async (clientOn) => {
    const world = new World();
    const channels = await world.pair();
    const [near, far] = clientOn === 'initiator' ? channels : [...channels].reverse();
    const all = { timeout: 2000 };
    const pumps = [
      new Pump(new Session({ role: 'client', id: 'board', ...all }), world.time),
      new Pump(new Session({ role: 'server', ...all }), world.time),
    ] as const;
    const client = new Connection(pumps[0], { id: 'board', maxUnsentLines: 64 });
    const server = new Connection(pumps[1], { id: 'board', maxUnsentLines: 64 });
    pumps[0].attach(near!);
    pumps[1].attach(afterHello(far!));

    const lines = Array.from({ length: 10 }, (_, i) => `line ${i}: ${'é'.repeat(i * 20)}`);
    const written = lines.flatMap((line) => [client.write(line), server.write(line)]);
    const read = async (connection: Connection) => {
      const got: string[] = [];
      while (got.length < lines.length) got.push(await connection.readline());
      return got;
    };
    const [up, down] = await world.time.settled(Promise.all([read(server), read(client), ...written]));
    expect([up, down]).toEqual([lines, lines]);
    expect([client.connects, client.stats.outages, server.stats.outages]).toEqual([1, 0, 0]);
    await world.time.settled(Promise.all([client.close(), server.close()]));
  },
);
