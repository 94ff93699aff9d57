import { expect, it } from 'vitest';
import { listen } from '../src/index.js';
import { next } from './board.js';
import { proxyHeader } from './proxy-tools.js';
import { serving } from './serving.js';

it('a socket beyond maxConnectionsPerAddress is refused, until one of that address has gone', async () => {
  const { server, dial } = await serving({ maxConnectionsPerAddress: 2 });
  const first = await dial('a\n\n');
  await first.hears('\n');
  const second = await dial('b\n\n');
  await second.hears('\n');
  const refused = next(server, 'refused');
  const third = await dial('c\n\n');
  expect(await refused).toEqual([
    'too-many-connections',
    undefined,
    '127.0.0.1',
    '2 sockets of this address are open already',
  ]);
  await third.gone();
  const down = server.get('a').once('state');
  first.socket.destroy();
  await down;
  const again = await dial('c\n\n');
  await again.hears('\n');
  expect(server.get('b').connects).toBe(1);
});

it('behind a load balancer the address is that of the client', async () => {
  const { server, dial } = await serving({ maxConnectionsPerAddress: 1, proxyProtocol: ['127.0.0.1'] });
  for (const [address, id] of [
    ['10.1.1.1', 'a'],
    ['10.1.1.2', 'b'],
  ] as const) {
    const board = await dial(Buffer.concat([proxyHeader({ address }), Buffer.from(`${id}\n\n`)]));
    await board.hears('\n');
  }
  const refused = next(server, 'refused');
  await dial(Buffer.concat([proxyHeader({ address: '10.1.1.2' }), Buffer.from('c\n\n')]));
  expect((await refused)[2]).toBe('10.1.1.2');
});

it('maxConnectionsPerAddress is a whole number of at least 1', async () => {
  await expect(listen({ port: 0, maxConnectionsPerAddress: 0 })).rejects.toMatchObject({
    code: 'ERR_BAD_OPTION',
  });
  await serving({});
});
