import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ownPort } from '@iot/vitest-config/ports';
import { expect, it } from 'vitest';
import { startFaultProxy, type Link, type LinkEnd } from '../src/index.js';
import { Bench, pattern, settled } from './bench.js';
import { Peer } from './peer.js';

it('passes bytes both ways and counts them', async () => {
  await using bench = await Bench.start();
  const { client, server, link } = await bench.pair();
  client.socket.write('01hi\n');
  await server.receives(5);
  server.socket.write('01\n');
  await client.receives(3);
  expect([server.text, client.text]).toEqual(['01hi\n', '01\n']);
  expect(link).toMatchObject({ id: 1, state: 'open', bytesToServer: 5, bytesToClient: 3 });
  expect(link.clientPort).toBe(client.socket.localPort);
  expect(bench.proxy.links).toEqual([link]);
  expect(bench.proxy.stats).toEqual({
    links: 1,
    accepted: 1,
    bytesToServer: 5,
    bytesToClient: 3,
    queuedBytes: 0,
    ...{ cuts: 0, stalls: 0, refusals: 0, dropped: 0, bytesDropped: 0 },
    ...{ delayed: 0, limited: 0, split: 0, merged: 0 },
  });
});

it('turns Nagle off on both of its sockets', async () => {
  await using bench = await Bench.start();
  const { client, server } = await bench.pair();
  // The second small write of each turn would wait for a delayed ack of the first: 40 ms at least, each time.
  let quickest = Infinity;
  for (let at = 1; at < 200; at += 2) {
    const beganAt = performance.now();
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.socket.write('a');
      await to.receives(at);
      from.socket.write('b');
      await to.receives(at + 1);
    }
    // The kernel acks the first segments of a connection at once.
    if (at > 100) quickest = Math.min(quickest, performance.now() - beganAt);
  }
  expect(quickest).toBeLessThan(40);
});

it.each(['client', 'server'] as const)(
  'passes on a half-close of the %s; the other way goes on',
  async (side) => {
    await using bench = await Bench.start();
    const { client, server, link } = await bench.pair();
    const [first, second] = side === 'client' ? [client, server] : [server, client];
    first.socket.end('bye');
    await second.sees('end');
    expect(second.text).toBe('bye');
    second.socket.end('still here');
    await Promise.all([first.sees('close'), second.sees('close')]);
    expect(first.text).toBe('still here');
    expect([first.saw, second.saw]).toEqual([
      ['end', 'close'],
      ['end', 'close'],
    ]);
    expect(await link.ended).toEqual({ type: 'closed' });
    const [up, down] = side === 'client' ? [3, 10] : [10, 3];
    expect(bench.proxy.stats).toMatchObject({
      links: 0,
      accepted: 1,
      bytesToServer: up,
      bytesToClient: down,
    });
  },
);

it('passes a reset on, from either side', async () => {
  await using bench = await Bench.start();
  const first = await bench.pair();
  first.client.socket.resetAndDestroy();
  await first.server.sees('close');
  expect(first.server.saw).toEqual(['ECONNRESET', 'close']);
  expect(await first.link.ended).toEqual({ type: 'reset', by: 'client', code: 'ECONNRESET' });
  const second = await bench.pair();
  second.server.socket.resetAndDestroy();
  await second.client.sees('close');
  expect(second.client.saw).toEqual(['ECONNRESET', 'close']);
  expect(await second.link.ended).toEqual({ type: 'reset', by: 'server', code: 'ECONNRESET' });
});

it('resets the client when the server refuses, and says so', async () => {
  await using proxy = await startFaultProxy({ to: await ownPort() });
  const ended = new Promise<LinkEnd>((resolve) => {
    proxy.on('linkEnd', ({ end }) => {
      resolve(end);
    });
  });
  const client = Peer.dial(proxy);
  await client.sees('close');
  expect(client.saw).toEqual(['ECONNRESET', 'close']);
  expect(await ended).toEqual({ type: 'refused', code: 'ECONNREFUSED' });
  expect(proxy.stats).toMatchObject({ links: 0, accepted: 1 });
});

it('asks a function where the server is, for each new link', async () => {
  await using first = await Bench.start();
  await using second = await Bench.start();
  const servers = [first.proxy, second.proxy];
  await using proxy = await startFaultProxy({ to: () => servers.shift()! });
  for (const bench of [first, second]) {
    const arrived = bench.proxy.nextLink();
    Peer.dial(proxy);
    await arrived;
  }
  expect([first.accepted, second.accepted]).toEqual([1, 1]);
});

it('stops reading a sender whose receiver does not read', async () => {
  await using bench = await Bench.start();
  const other = await bench.pair();
  const { client, server, link } = await bench.pair();
  const sent = pattern(48 * 1024 * 1024);
  server.socket.pause();
  client.socket.end(sent);
  expect(await settled(() => link.bytesToServer, other)).toBeLessThan(sent.length / 2);
  expect(client.socket.writableLength).toBeGreaterThan(0);
  server.socket.resume();
  await server.sees('end');
  expect(server.received.equals(sent)).toBe(true);
  expect(link.bytesToServer).toBe(sent.length);
});

it('reports each new link and its end, until the listener is removed', async () => {
  await using bench = await Bench.start();
  const told: string[] = [];
  const off = bench.proxy.on('link', (link) => told.push(`link ${String(link.id)}`));
  bench.proxy.on('linkEnd', ({ link, end }) => told.push(`${end.type} ${String(link.id)}`));
  await bench.pair();
  off();
  await bench.pair();
  bench.proxy.cut('rst');
  expect(told).toEqual(['link 1', 'cut 1', 'cut 2']);
});

it('goes on to the other listeners when one throws, and lets the error surface by itself', async () => {
  await using bench = await Bench.start();
  const heard: number[] = [];
  bench.proxy.on('link', () => {
    throw new Error('mine');
  });
  bench.proxy.on('link', ({ id }) => heard.push(id));
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  try {
    const surfaced = new Promise<Error>((resolve) => process.once('uncaughtException', resolve));
    await bench.pair();
    expect(heard).toEqual([1]);
    expect((await surfaced).message).toBe('mine');
  } finally {
    for (const listener of others) process.on('uncaughtException', listener);
  }
});

it('keeps one function added twice as two listeners', async () => {
  await using bench = await Bench.start();
  const heard: number[] = [];
  const listener = ({ id }: Link): void => void heard.push(id);
  const off = bench.proxy.on('link', listener);
  bench.proxy.on('link', listener);
  await bench.pair();
  off();
  await bench.pair();
  expect(heard).toEqual([1, 1, 2]);
});

it('stops waiting for a link at a timeout that nothing else refers to, though garbage is collected', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await using bench = await Bench.start();
  const next = bench.proxy.nextLink({ signal: AbortSignal.timeout(300) });
  const collecting = setInterval(collect, 20);
  await expect(next).rejects.toMatchObject({ name: 'TimeoutError' });
  clearInterval(collecting);
});

it('stops waiting for a link when aborted, with the reason given', async () => {
  await using bench = await Bench.start();
  const abort = new AbortController();
  const next = bench.proxy.nextLink({ signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
  await expect(bench.proxy.nextLink({ signal: abort.signal })).rejects.toThrow('enough');
});

it('closes every socket on close, once, and refuses newcomers', async () => {
  await using bench = await Bench.start(await ownPort());
  const { client, server, link } = await bench.pair();
  const next = bench.proxy.nextLink();
  const closing = bench.proxy.close();
  expect(bench.proxy.close()).toBe(closing);
  await closing;
  expect(bench.proxy.links).toEqual([]);
  expect(await link.ended).toEqual({ type: 'proxyClosed' });
  await expect(next).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  await Promise.all([client.sees('end'), server.sees('end')]);
  const late = bench.dial();
  await late.sees('close');
  expect(late.saw).toEqual(['ECONNREFUSED', 'close']);
});

it('closes while links are stalled or half cut', async () => {
  await using bench = await Bench.start();
  const stalled = await bench.pair();
  stalled.link.stall();
  stalled.client.socket.end('held');
  const cut = await bench.pair();
  cut.link.cut('fin'); // the peers keep their ends open
  await bench.proxy.close();
  expect(bench.proxy.stats).toMatchObject({ links: 0, cuts: 1 });
});

it('rejects where it cannot listen, or has nowhere to connect to', async () => {
  await using bench = await Bench.start();
  const { host, port } = bench.proxy;
  const to = { host, port };
  await expect(startFaultProxy({ to, listen: { port } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await expect(startFaultProxy({ to: { host, port: 0 } })).rejects.toMatchObject({ code: 'ERR_USAGE' });
  await expect(startFaultProxy({ to, seed: 0.5 })).rejects.toMatchObject({ code: 'ERR_USAGE' });
});
