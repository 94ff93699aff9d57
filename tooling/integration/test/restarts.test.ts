import { numbered, take } from '@iot/vitest-config/lines';
import type { Client } from '@iot/client';
import { ownPort } from '@iot/vitest-config/ports';
import { describe, expect, it } from 'vitest';
import { dial, serve, withoutBackoff } from './rig.js';

withoutBackoff();

describe('a server that is restarted on the same port', () => {
  it('gets what was written while it was away, in order and once, and speaks to the same client', async () => {
    const at = await ownPort();
    const first = await serve(at);
    await using client = dial(at.port, at);
    const old = await first.client('board');
    const before = numbered('before', 20);
    const written = before.map((line) => client.write(line));
    void old.write('from the first run');
    expect(await take(old, 20)).toEqual(before);
    await Promise.all(written);
    expect(await client.readline()).toBe('from the first run');

    const down = client.once('state');
    await first.close();
    await down;
    const during = numbered('during', 20);
    const kept = during.map((line) => client.write(line));

    await using second = await serve(at);
    const connection = await second.client('board');
    expect(await take(connection, 20)).toEqual(during);
    await Promise.all(kept);
    await connection.write('from the second run');
    expect(await client.readline()).toBe('from the second run');
    expect(client.connects).toBe(2);
  });
});

describe('a client that is restarted', () => {
  it('comes back to the same connection; no line of either run is lost or doubled', async () => {
    await using server = await serve();
    const first = dial(server.address.port);
    const connection = await server.client('board');
    await Promise.all(numbered('first run', 20).map((line) => first.write(line)));
    await connection.write('to the first run');
    expect(await first.readline()).toBe('to the first run');
    const down = connection.once('state');
    await first.close();
    await down;

    const waiting = connection.write('to whoever comes back');
    await using second = dial(server.address.port);
    expect(await second.readline()).toBe('to whoever comes back');
    await waiting;
    await Promise.all(numbered('second run', 20).map((line) => second.write(line)));
    expect(await server.client('board')).toBe(connection);
    expect(await take(connection, 40)).toEqual([...numbered('first run', 20), ...numbered('second run', 20)]);
  });
});

describe('a client that restarts in a loop and always says the same', () => {
  it('loses nothing', async () => {
    await using server = await serve({ timeout: 400 });
    const connection = await withClient(server.address.port, () => server.client('board'));
    for (let run = 0; run < 12; run++) {
      await withClient(server.address.port, async (client) => {
        for (let line = 0; line < 5; line++) await client.write('same');
      });
    }
    expect(connection.stats).toMatchObject({ received: 60, duplicatesDropped: 0 });
    expect(await take(connection, 60)).toEqual(Array.from({ length: 60 }, () => 'same'));
  });

  async function withClient<T>(port: number, use: (client: Client) => Promise<T>): Promise<T> {
    await using client = dial(port, { timeout: 400 });
    return await use(client);
  }
});

describe('several clients', () => {
  it('do not see each other: each connection has its own lines', async () => {
    await using server = await serve({ expected: ['a', 'b', 'c'] });
    const { port } = server.address;
    await using a = dial(port, { id: 'a' });
    await using b = dial(port, { id: 'b' });
    await using c = dial(port, { id: 'c' });
    await server.waitAll();
    for (const client of [a, b, c]) void client.write(`I am ${client.id}`);
    for (const connection of server.clients) {
      expect(await connection.readline()).toBe(`I am ${connection.id}`);
      void connection.write(`you are ${connection.id}`);
    }
    for (const client of [a, b, c]) expect(await client.readline()).toBe(`you are ${client.id}`);
  });
});
