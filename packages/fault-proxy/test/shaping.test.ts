/** Delay, limit, split and merge on real sockets. Times are lower bounds only: a busy machine is late, never early. */
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { BOUNDS } from '../src/bounds.js';
import { Bench, pattern, settled, witness } from './bench.js';

it.each(['toServer', 'toClient'] as const)('delays %s alone, by the time asked for', async (direction) => {
  await using bench = await Bench.start();
  const { client, server } = await bench.pair();
  const [from, to] = direction === 'toServer' ? [client, server] : [server, client];
  bench.proxy.delay({ ms: 80, jitterMs: 20 }, direction);
  const sentAt = performance.now();
  from.socket.write('slow');
  to.socket.write('quick');
  await Promise.all([to.receives(4), from.receives(5)]);
  expect(performance.now() - sentAt).toBeGreaterThanOrEqual(80);
  expect([to.text, from.text]).toEqual(['slow', 'quick']);
  expect(bench.proxy.stats).toMatchObject({ delayed: 1, queuedBytes: 0 });
});

it('holds what is delayed until its time, while other links go on', async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  link.delay({ ms: BOUNDS.longestMs });
  client.socket.write('held');
  await witness(other);
  expect([server.bytes, link.bytesToServer, bench.proxy.stats.queuedBytes]).toEqual([0, 0, 4]);
  link.delay('off');
  await server.receives(4);
  expect(server.text).toBe('held');
});

it('keeps the order under jitter', async () => {
  await using bench = await Bench.start();
  const { client, server, link } = await bench.pair();
  link.delay({ ms: 0, jitterMs: 5 });
  const sent = pattern(4 * 1024 * 1024);
  client.socket.end(sent);
  await server.sees('end');
  expect(server.received.equals(sent)).toBe(true);
});

it('delays a FIN and a reset as it does bytes', async () => {
  await using bench = await Bench.start();
  for (const end of ['end', 'resetAndDestroy'] as const) {
    const { client, server, link } = await bench.pair();
    link.delay({ ms: 50 }, 'toServer');
    const endedAt = performance.now();
    client.socket[end]();
    await server.sees(end === 'end' ? 'end' : 'ECONNRESET');
    expect(performance.now() - endedAt).toBeGreaterThanOrEqual(50);
  }
});

it('stops reading the sender when the queue of a delay is full', async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  link.delay({ ms: BOUNDS.longestMs }, 'toServer');
  const sent = pattern(48 * 1024 * 1024);
  client.socket.end(sent);
  const queued = await settled(() => bench.proxy.stats.queuedBytes, other);
  expect(queued).toBeGreaterThanOrEqual(BOUNDS.queuedBytes);
  expect(queued).toBeLessThan(BOUNDS.queuedBytes + 64 * 1024);
  expect(client.socket.writableLength).toBeGreaterThan(0);
  expect(server.bytes).toBe(0);
  link.delay('off');
  await server.sees('end');
  expect(server.received.equals(sent)).toBe(true);
});

it('holds what is delayed in a stall too, though its time has come', async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  link.delay({ ms: BOUNDS.longestMs });
  client.socket.end('held');
  await witness(other);
  link.stall();
  link.delay('off');
  await witness(other);
  expect([server.bytes, server.saw]).toEqual([0, []]);
  link.resume();
  await server.sees('end');
  expect(server.text).toBe('held');
});

it('passes no more than the rate allows, on each link for itself', async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  link.limit({ bytesPerSecond: 20_000 }, 'toServer');
  const sent = pattern(4000);
  const sentAt = performance.now();
  client.socket.write(sent);
  await witness(other);
  await server.receives(4000);
  // The first slice, 50 ms worth, goes at once.
  expect(performance.now() - sentAt).toBeGreaterThanOrEqual(150);
  expect(server.received.equals(sent)).toBe(true);
  expect(bench.proxy.stats.limited).toBeGreaterThanOrEqual(3);
});

it('limits by back-pressure: memory stays bounded', async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  link.limit({ bytesPerSecond: 1 });
  const sent = pattern(16 * 1024 * 1024);
  client.socket.end(sent);
  await settled(() => client.socket.bytesWritten - client.socket.writableLength, other);
  expect(bench.proxy.stats.queuedBytes).toBeLessThan(BOUNDS.queuedBytes + 64 * 1024);
  expect(client.socket.writableLength).toBeGreaterThan(0);
  link.limit('off');
  await server.sees('end');
  expect(server.received.equals(sent)).toBe(true);
});

it('splits one write into single bytes', async () => {
  await using bench = await Bench.start();
  const { client, server, link } = await bench.pair();
  link.split('bytes', 'toServer');
  const sent = pattern(2000);
  client.socket.write(sent);
  // The reader gets the word after each read: what the proxy had not yet written then was not written with it.
  for (let rounds = 0; server.bytes < sent.length; rounds++) {
    await Promise.race([once(server.socket, 'data'), server.receives(sent.length)]);
    if (rounds === 0) expect(link.bytesToServer).toBeLessThan(sent.length);
  }
  expect(server.reads.length).toBeGreaterThan(100);
  expect(server.received.equals(sent)).toBe(true);
  expect(bench.proxy.stats.split).toBe(2000);
  link.split('off');
  client.socket.end('whole');
  await server.sees('end');
  expect(server.reads.at(-1)).toBe(5);
});

it('splits to a reader that does not read, and waits for it', async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  link.split('bytes');
  server.socket.pause();
  client.socket.end('one by one');
  await settled(() => link.bytesToServer, other);
  server.socket.resume();
  await server.sees('end');
  expect(server.text).toBe('one by one');
});

it('merges chunks that came one by one into one write', async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  link.merge({ ms: BOUNDS.longestMs }, 'toServer');
  for (const chunk of ['01a\n', '02b\n', '03c\n']) {
    client.socket.write(chunk);
    await witness(other); // the proxy has read it
  }
  expect(server.bytes).toBe(0);
  link.merge('off');
  await server.receives(12);
  expect(server.reads).toEqual([12]);
  expect(server.text).toBe('01a\n02b\n03c\n');
  expect(bench.proxy.stats.merged).toBe(2);
});

it('passes what was merged when its time is over', async () => {
  await using bench = await Bench.start();
  const { client, server, link } = await bench.pair();
  link.merge({ ms: 50 });
  const sentAt = performance.now();
  client.socket.write('a');
  await server.receives(1);
  expect(performance.now() - sentAt).toBeGreaterThanOrEqual(50);
});

it('gives a new link what the proxy was told, and changes one link alone', async () => {
  await using bench = await Bench.start();
  bench.proxy.delay({ ms: BOUNDS.longestMs }, 'toServer');
  const one = await bench.pair();
  const two = await bench.pair();
  one.link.delay('off');
  one.client.socket.write('passes');
  two.client.socket.write('waits');
  await one.server.receives(6);
  await witness(one);
  expect(two.server.bytes).toBe(0);
  bench.proxy.delay('off');
  await two.server.receives(5);
});

it.each([
  ['delay: ms', (bench: Bench) => bench.proxy.delay({ ms: -1 })],
  ['delay: jitterMs', (bench: Bench) => bench.proxy.delay({ ms: 0, jitterMs: NaN })],
  ['limit: bytesPerSecond', (bench: Bench) => bench.proxy.limit({ bytesPerSecond: 0 })],
  ['merge: ms', (bench: Bench) => bench.proxy.merge({ ms: 2 ** 31 })],
  ['split', (bench: Bench) => bench.proxy.split('lines' as 'bytes')],
])('says what is wrong with %s', async (name, call) => {
  await using bench = await Bench.start();
  expect(() => call(bench)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
  expect(() => call(bench)).toThrow(`${name} must be`);
});
