/** Two ends of ours over real sockets: version 2 of the wire, or 1 when one of them is told so. */
import { numbered, take } from '@iot/vitest-config/lines';
import { startFaultProxy } from '@iot/fault-proxy';
import { expect, it } from 'vitest';
import { dial, Rig, serve } from './rig.js';

it.each([
  { server: 2, client: 2, spoken: 2 },
  { server: 1, client: 2, spoken: 1 },
  { server: 2, client: 1, spoken: 1 },
] as const)('a server of version $server and a client of version $client speak $spoken', async (versions) => {
  await using rig = await Rig.start({
    server: { protocol: versions.server },
    client: { protocol: versions.client },
  });
  expect(rig.client.protocol ?? versions.spoken).toBe(versions.spoken);
  const lines = numbered('line', 50);
  const [up, down] = [take(rig.connection, 50), take(rig.client, 50)];
  await Promise.all(lines.flatMap((line) => [rig.client.write(line), rig.connection.write(line)]));
  expect(await up).toEqual(lines);
  expect(await down).toEqual(lines);
  expect([rig.client.protocol, rig.connection.protocol]).toEqual([versions.spoken, versions.spoken]);
  expect(rig.client.stats.retransmitted).toBe(0);
});

it('a client that is not expected hears so, and that it is the reason', async () => {
  await using server = await serve({ expected: ['another'], admit: 'expected' });
  await using client = dial(server.address.port);
  await expect(client.ready()).rejects.toThrow(`refuses the id "board": see the server's log`);
});

it('a client whose id has a link that is alive hears so', async () => {
  await using server = await serve();
  await using first = dial(server.address.port);
  await first.ready();
  await expect(dial(server.address.port).ready()).rejects.toMatchObject({ cause: { code: 'ERR_DUPLICATE' } });
  expect(first.connects).toBe(1);
});

it('a client whose old link is dead is taken over at once when it comes again, without a probe', async () => {
  // A probe would take three quarters of the server's timeout.
  await using server = await serve({ timeout: 600_000 });
  await using proxy = await startFaultProxy({ to: { host: '127.0.0.1', port: server.address.port } });
  // The server is silent for longer than the client waits, so the client gives its links up.
  await using client = dial(proxy.port, { timeout: 400 });
  const connection = await server.client('board');
  await client.write('before');
  expect(await connection.readline()).toBe('before');
  // The server does not hear of the end of this link.
  for (const link of proxy.links) link.stall('toServer');
  await client.write('after');
  expect(await connection.readline()).toBe('after');
  expect(connection.connects).toBeGreaterThan(1);
});

it('a server that is closed sends its clients when to come back', async () => {
  const server = await serve();
  await using client = dial(server.address.port);
  await client.ready();
  const down = client.once('state');
  await server.close();
  expect(await down).toEqual([false]);
  await using next = await serve({ port: server.address.port });
  await client.write('still here');
  expect(await (await next.client('board')).readline()).toBe('still here');
});
