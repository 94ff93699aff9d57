import { expect, it } from 'vitest';
import { BOUNDS } from '../src/bounds.js';
import { Bench, witness } from './bench.js';

it('resets new connections at once; the server hears nothing, and existing links go on', async () => {
  await using bench = await Bench.start();
  const standing = await bench.pair();
  const refused = new Promise<number | undefined>((resolve) => {
    bench.proxy.on('refusal', ({ clientPort }) => resolve(clientPort));
  });
  bench.proxy.refuse(true);
  const client = bench.dial();
  await client.sees('close');
  expect(client.saw).toEqual(['ECONNRESET', 'close']);
  expect(await refused).toEqual(expect.any(Number));
  await witness(standing);
  expect(bench.proxy.stats).toMatchObject({ refusals: 1, accepted: 1, links: 1 });
  expect(bench.accepted).toBe(1);
  bench.proxy.refuse(false);
  await witness(await bench.pair());
});

it('heals all faults at once, on the links of now and those to come', async () => {
  await using bench = await Bench.start();
  const { client, server, other } = await bench.pairs();
  const { proxy } = bench;
  proxy.refuse(true);
  proxy.stall();
  proxy.delay({ ms: BOUNDS.longestMs });
  proxy.merge({ ms: BOUNDS.longestMs });
  proxy.limit({ bytesPerSecond: 1 });
  proxy.split('bytes');
  proxy.dropNext('both');
  other.link.heal();
  client.socket.write('held, then here');
  await witness(other);
  expect(server.bytes).toBe(0);
  proxy.heal();
  await server.receives(15);
  expect(server.text).toBe('held, then here');
  await witness(await bench.pair());
  expect(proxy.stats).toMatchObject({ refusals: 0, stalls: 2, dropped: 0, delayed: 0, split: 0 });
});

it('heals one link alone, and what its queue holds goes on', async () => {
  await using bench = await Bench.start();
  const one = await bench.pair();
  const two = await bench.pair();
  const other = await bench.pair();
  for (const { link, client } of [one, two]) {
    link.delay({ ms: BOUNDS.longestMs });
    client.socket.write('held');
  }
  await witness(other);
  one.link.heal();
  await one.server.receives(4);
  await witness(other);
  expect(two.server.bytes).toBe(0);
});
