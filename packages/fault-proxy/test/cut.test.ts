import { expect, it } from 'vitest';
import { BOUNDS } from '../src/bounds.js';
import { reset } from '../src/pipe.js';
import { Bench, pattern, settled, witness } from './bench.js';

it("cut('fin') ends both sides in an orderly way, after the bytes that had passed", async () => {
  await using bench = await Bench.start();
  const { client, server, link } = await bench.pair();
  client.socket.write('up');
  server.socket.write('down');
  await Promise.all([server.receives(2), client.receives(4)]);
  expect(bench.proxy.cut('fin')).toBe(1);
  await Promise.all([client.sees('end'), server.sees('end')]);
  client.socket.end();
  server.socket.end();
  await Promise.all([client.sees('close'), server.sees('close')]);
  expect(client.saw).toEqual(['end', 'close']);
  expect(server.saw).toEqual(['end', 'close']);
  expect([server.text, client.text]).toEqual(['up', 'down']);
  expect(await link.ended).toEqual({ type: 'cut', kind: 'fin' });
});

it("cut('rst') is ECONNRESET on both sides", async () => {
  await using bench = await Bench.start();
  const { client, server, link } = await bench.pair();
  expect(bench.proxy.cut('rst')).toBe(1);
  await Promise.all([client.sees('close'), server.sees('close')]);
  expect(client.saw).toEqual(['ECONNRESET', 'close']);
  expect(server.saw).toEqual(['ECONNRESET', 'close']);
  expect(await link.ended).toEqual({ type: 'cut', kind: 'rst' });
});

it('a reset closes a socket whose end has not gone out yet', async () => {
  await using bench = await Bench.start();
  const { client } = await bench.pair();
  client.socket.end();
  reset(client.socket);
  await client.sees('close');
});

it('ends every link at once, and takes new ones as before', async () => {
  await using bench = await Bench.start();
  const pairs = [await bench.pair(), await bench.pair(), await bench.pair()];
  expect(bench.proxy.cut('rst')).toBe(3);
  expect(bench.proxy.links).toEqual([]);
  expect(bench.proxy.stats).toMatchObject({ links: 0, accepted: 3, cuts: 3 });
  expect(bench.proxy.cut('rst')).toBe(0);
  await Promise.all(pairs.flatMap(({ client, server }) => [client.sees('close'), server.sees('close')]));
  await witness(await bench.pair());
  expect(bench.proxy.stats).toMatchObject({ links: 1, accepted: 4, cuts: 3 });
});

it('cuts one link and leaves the others', async () => {
  await using bench = await Bench.start();
  const cut = await bench.pair();
  const left = await bench.pair();
  expect(cut.link.cut('rst')).toBe(true);
  expect(cut.link.cut('fin')).toBe(false);
  await Promise.all([cut.client.sees('close'), cut.server.sees('close')]);
  await witness(left);
  expect([left.client.saw, left.server.saw]).toEqual([[], []]);
  expect(bench.proxy.links).toEqual([left.link]);
});

it.each([
  ['fin', 'stall'],
  ['rst', 'stall'],
  ['fin', 'delay'],
  ['rst', 'delay'],
] as const)('cut(%o) goes through a %s, and what was held is lost', async (kind, fault) => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  if (fault === 'stall') link.stall();
  else link.delay({ ms: BOUNDS.longestMs });
  client.socket.write('lost');
  await witness(other);
  link.cut(kind);
  expect(bench.proxy.stats.queuedBytes).toBe(0);
  const seen = kind === 'fin' ? 'end' : 'ECONNRESET';
  await Promise.all([client.sees(seen), server.sees(seen)]);
  link.heal();
  await witness(other);
  expect([client.saw[0], server.saw[0]]).toEqual([seen, seen]);
  expect([server.bytes, link.bytesToServer]).toEqual([0, 0]);
});

it("passes nothing after cut('fin'), though the peers may still send", async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  link.cut('fin');
  await server.sees('end');
  client.socket.write('into the void');
  await witness(other);
  expect(bench.proxy.stats.queuedBytes).toBe(0); // not even kept
  client.socket.end();
  server.socket.end('into the void');
  await Promise.all([client.sees('close'), server.sees('close')]);
  await witness(other);
  expect([client.saw, server.saw]).toEqual([
    ['end', 'close'],
    ['end', 'close'],
  ]);
  expect([client.bytes, server.bytes, link.bytesToServer, link.bytesToClient]).toEqual([0, 0, 0, 0]);
});

it("cut('fin') is an orderly end even for a side whose bytes were held unread", async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  link.stall();
  client.socket.end(pattern(16 * 1024 * 1024));
  await settled(() => client.socket.bytesWritten - client.socket.writableLength, other);
  link.cut('fin');
  server.socket.end();
  await Promise.all([client.sees('close'), server.sees('close')]);
  expect([client.saw, server.saw]).toEqual([
    ['end', 'close'],
    ['end', 'close'],
  ]);
  expect(server.bytes).toBe(0);
});

it("leaves each side alone after cut('fin'): one that goes is not told to the other", async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  link.cut('fin');
  await Promise.all([client.sees('end'), server.sees('end')]);
  client.socket.resetAndDestroy();
  await witness(other);
  server.socket.end(pattern(16 * 1024 * 1024)); // read and thrown away
  await server.sees('close');
  expect(server.saw).toEqual(['end', 'close']);
});
