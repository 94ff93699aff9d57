/** For the test of the README too, which runs without the sources: it imports none of them. */
import { connect, type Client } from '@iot/client';
import type { Server } from '@iot/server';

export const local = { port: 0, host: '127.0.0.1' };

/** A client that is up. */
export async function clientOf(server: Server, id: string): Promise<Client> {
  const { address, port } = server.address;
  const client = connect({ id, host: address, port, backoff: { minMs: 5, maxMs: 10 } });
  await client.ready();
  await server.client(id);
  return client;
}
