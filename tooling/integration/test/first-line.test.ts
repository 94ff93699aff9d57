import { connect } from '@iot/client';
import { listen } from '@iot/server';
import { expect, it } from 'vitest';

it('carries lines both ways, and both writes resolve', async () => {
  await using server = await listen({ port: 0, host: '127.0.0.1', expected: ['1'] });
  await using client = connect({ id: '1', host: '127.0.0.1', port: server.address.port });
  const conn = await server.client('1');

  await Promise.all([client.write('up'), conn.write('down')]);

  expect(await conn.readline()).toBe('up');
  expect(await client.readline()).toBe('down');
});
