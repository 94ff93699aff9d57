import { ownPort } from '@iot/vitest-config/ports';
import { expect, it } from 'vitest';
import { startFaultProxy } from '../src/index.js';
import { Bench, pattern, settled, witness } from './bench.js';
import { Peer } from './peer.js';

it('lets nothing pass while the sockets stay open, and delivers after resume', async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  link.stall('both');
  link.stall('toServer'); // nothing new: one stall is counted
  client.socket.write('up');
  server.socket.write('down');
  await witness(other);
  expect([server.bytes, client.bytes, link.bytesToServer, link.bytesToClient]).toEqual([0, 0, 0, 0]);
  expect([client.saw, server.saw]).toEqual([[], []]);
  expect(link).toMatchObject({ state: 'open', stalled: { toServer: true, toClient: true } });
  link.resume();
  await Promise.all([server.receives(2), client.receives(4)]);
  expect([server.text, client.text]).toEqual(['up', 'down']);
  expect(bench.proxy.stats).toMatchObject({ links: 2, stalls: 1, cuts: 0 });
});

it.each(['toServer', 'toClient'] as const)('stalls %s alone; the other way goes on', async (direction) => {
  await using bench = await Bench.start();
  const { client, server } = await bench.pair();
  const [from, to] = direction === 'toServer' ? [client, server] : [server, client];
  bench.proxy.stall(direction);
  from.socket.write('held');
  for (let round = 1; round <= 10; round++) {
    to.socket.write('.');
    await from.receives(round);
  }
  expect(to.bytes).toBe(0);
  bench.proxy.resume(direction);
  await to.receives(4);
  expect(to.text).toBe('held');
});

it('resumes one direction of two', async () => {
  await using bench = await Bench.start();
  const { client, server, link } = await bench.pair();
  bench.proxy.stall('both');
  client.socket.write('up');
  server.socket.write('down');
  bench.proxy.resume('toServer');
  await server.receives(2);
  for (let round = 1; round <= 10; round++) {
    client.socket.write('.');
    await server.receives(2 + round);
  }
  expect(client.bytes).toBe(0);
  expect(link.stalled).toEqual({ toServer: false, toClient: true });
  bench.proxy.resume();
  await client.receives(4);
});

it('holds back by not reading: the sender meets full buffers, and every byte comes in order', async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  const sent = pattern(48 * 1024 * 1024);
  link.stall('toServer');
  client.socket.end(sent);
  await settled(() => client.socket.bytesWritten - client.socket.writableLength, other);
  expect(client.socket.writableLength).toBeGreaterThan(0); // one write, not yet taken whole by the kernel
  expect([server.bytes, link.bytesToServer]).toEqual([0, 0]);
  link.resume('toServer');
  await server.sees('end');
  expect(server.received.equals(sent)).toBe(true);
});

it('stalls in the midst of a stream and loses nothing', async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  const sent = pattern(8 * 1024 * 1024);
  client.socket.end(sent);
  for (let part = 1; part < 8; part++) {
    await server.receives((part * sent.length) / 8);
    link.stall('toServer');
    const passed = link.bytesToServer;
    await server.receives(passed); // handed over before the stall: it has passed
    await witness(other);
    expect([link.bytesToServer, server.bytes]).toEqual([passed, passed]);
    link.resume('toServer');
  }
  await server.sees('end');
  expect(server.received.equals(sent)).toBe(true);
});

it.each([
  ['client', 'last words'],
  ['client', ''],
  ['server', 'last words'],
  ['server', ''],
] as const)('keeps the FIN of the %s from the other until resume, after %j', async (side, words) => {
  await using bench = await Bench.start();
  const pair = await bench.pair();
  const other = await bench.pair();
  const [from, to] = side === 'client' ? [pair.client, pair.server] : [pair.server, pair.client];
  pair.link.stall('both');
  from.socket.end(words);
  await witness(other);
  expect([to.bytes, to.saw]).toEqual([0, []]);
  pair.link.resume();
  await to.sees('end');
  expect(to.text).toBe(words);
  to.socket.end();
  await Promise.all([from.sees('close'), to.sees('close')]);
  expect(await pair.link.ended).toEqual({ type: 'closed' });
});

it.each(['client', 'server'] as const)(
  'keeps the reset of the %s from the other until resume',
  async (side) => {
    await using bench = await Bench.start();
    const pair = await bench.pair();
    const other = await bench.pair();
    const [from, to] = side === 'client' ? [pair.client, pair.server] : [pair.server, pair.client];
    pair.link.stall('both');
    from.socket.resetAndDestroy();
    await witness(other);
    to.socket.write('anybody there?'); // must not betray it either
    await witness(other);
    expect(to.saw).toEqual([]);
    expect(pair.link.state).toBe('open');
    pair.link.resume();
    await to.sees('close');
    expect(to.saw).toEqual(['ECONNRESET', 'close']);
    expect(await pair.link.ended).toEqual({ type: 'reset', by: side, code: 'ECONNRESET' });
  },
);

it('does not betray a dead client through the direction that still passes', async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  link.stall('toServer');
  client.socket.resetAndDestroy();
  await witness(other);
  for (let round = 0; round < 5; round++) {
    server.socket.write('into a dead socket');
    await witness(other);
  }
  expect(server.saw).toEqual([]);
  expect(link.bytesToClient).toBe(0);
  link.resume('toServer');
  await server.sees('close');
  expect(server.saw).toEqual(['ECONNRESET', 'close']);
});

it('accepts new links during a stall, connects them, and stalls them too', async () => {
  await using bench = await Bench.start();
  const other = await bench.pair();
  bench.proxy.stall('both');
  other.link.resume();
  const { client, server, link } = await bench.pair();
  client.socket.write('hello');
  server.socket.write('hello');
  await witness(other);
  expect([server.bytes, client.bytes]).toEqual([0, 0]);
  expect(link.stalled).toEqual({ toServer: true, toClient: true });
  expect(bench.proxy.stats).toMatchObject({ links: 2, accepted: 2, stalls: 2 });
  bench.proxy.resume();
  await Promise.all([server.receives(5), client.receives(5)]);
  await witness(await bench.pair()); // links after resume are not stalled
  expect(bench.proxy.stats.stalls).toBe(2);
});

it('begins a new link stalled in the one direction that is stalled', async () => {
  await using bench = await Bench.start();
  bench.proxy.stall('toClient');
  const { client, server, link } = await bench.pair();
  expect(link.stalled).toEqual({ toServer: false, toClient: true });
  client.socket.write('hello');
  await server.receives(5);
});

it("keeps a server's refusal from the client until resume", async () => {
  await using bench = await Bench.start();
  const other = await bench.pair();
  await using proxy = await startFaultProxy({ to: await ownPort() });
  proxy.stall('both');
  const client = Peer.dial(proxy);
  await witness(other);
  expect(client.saw).toEqual([]);
  expect(proxy.stats).toMatchObject({ links: 1, stalls: 1 });
  proxy.resume();
  await client.sees('close');
  expect(client.saw).toEqual(['ECONNRESET', 'close']);
});
