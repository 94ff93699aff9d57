import { describe, expect, it } from 'vitest';
import { Bench, stateOf } from './bench.js';
import { noUnhandledRejections, uncaughtIn } from './guard.js';
import { settle } from './virtual-clock.js';

noUnhandledRejections();

describe('ready', () => {
  it('waits for the link, and resolves at once while it is up', async () => {
    const bench = new Bench();
    const ready = bench.connection.ready();
    expect(await stateOf(ready)).toBe('pending');
    bench.link();
    expect(await stateOf(ready)).toBe('resolved');
    expect(await stateOf(bench.connection.ready())).toBe('resolved');
  });

  it('waits for the link to be up again after an outage', async () => {
    const bench = await Bench.up();
    bench.wire.ends('fin');
    const again = bench.connection.ready();
    expect(await stateOf(again)).toBe('pending');
    bench.link();
    expect(await stateOf(again)).toBe('resolved');
  });

  it('can be aborted, while up too', async () => {
    const bench = new Bench();
    const abort = new AbortController();
    const ready = bench.connection.ready({ signal: abort.signal });
    abort.abort('enough');
    expect(await stateOf(ready)).toBe('enough');
    bench.link();
    expect(await stateOf(bench.connection.ready({ signal: abort.signal }))).toBe('enough');
  });
});

describe('what a connection says of itself', () => {
  it('follows the link: status, connects, remoteAddress', async () => {
    const bench = new Bench();
    const { connection } = bench;
    expect([connection.id, connection.status, connection.connects, connection.remoteAddress]).toEqual([
      'board',
      false,
      0,
      undefined,
    ]);
    bench.link();
    expect([connection.status, connection.connects, connection.remoteAddress]).toEqual([true, 1, 'the test']);
    bench.wire.ends('reset');
    expect([connection.status, connection.connects, connection.remoteAddress]).toEqual([
      false,
      1,
      'the test',
    ]);
    bench.link();
    expect([connection.status, connection.connects]).toEqual([true, 2]);
    await connection.close();
    expect([connection.status, connection.connects, connection.remoteAddress]).toEqual([
      false,
      2,
      'the test',
    ]);
  });

  it('counts: sent, received, repeated, duplicates, outages, protocol errors', async () => {
    const bench = await Bench.up();
    void bench.connection.write('x');
    bench.lines(1, 'a');
    bench.lines(1, 'a');
    await settle();
    bench.wire.ends('reset');
    bench.link();
    bench.wire.says('?\n');
    expect(bench.connection.stats).toEqual({
      dropped: 0,
      expired: 0,
      protocol: 1,
      sent: 2,
      received: 1,
      retransmitted: 1,
      duplicatesDropped: 1,
      unsafeDropped: 0,
      outages: 2,
      protocolErrors: 1,
    });
  });

  it('is a client that is up only when the server has spoken', () => {
    const bench = new Bench({ role: 'client' });
    bench.pump.attach(bench.wire);
    expect(bench.connection.status).toBe(false);
    expect(bench.connection.connects).toBe(0);
    bench.wire.says('\n');
    expect(bench.connection.status).toBe(true);
    expect(bench.story).toEqual(['up']);
  });
});

describe('events', () => {
  it('tell up and down, with the status to match', async () => {
    const bench = new Bench();
    const statuses: boolean[] = [];
    bench.connection.on('state', (up) => statuses.push(up === bench.connection.status));
    bench.link();
    bench.wire.ends('fin');
    bench.link();
    await bench.clock.advance(1000);
    expect(bench.story).toEqual(['up', 'down', 'up', 'down']);
    expect(statuses).toEqual([true, true, true, true]);
  });

  it('tell of a peer that broke the protocol, before the link ends', async () => {
    const bench = await Bench.up();
    const errors: Error[] = [];
    bench.connection.on('peerError', (error) => errors.push(error));
    bench.wire.says('zz?\n');
    expect(bench.story).toEqual(['ERR_BAD_FRAME', 'down']);
    expect(errors[0]).toMatchObject({ name: 'PeerError', message: expect.stringContaining('zz') as string });
  });

  it('name the line over which the peer has ended three links in a row; aborting it lets the next one go', async () => {
    const bench = await Bench.up();
    const abort = new AbortController();
    const errors: Error[] = [];
    bench.connection.on('peerError', (error) => errors.push(error));
    void bench.connection.write('poison', { signal: abort.signal });
    for (let i = 0; i < 3; i++) {
      await settle();
      bench.wire.ends('reset');
      bench.link();
    }
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('"poison"')]);
    abort.abort();
    void bench.connection.write('next');
    bench.wire.takes();
    expect(await bench.sent()).toBe('02next\n');
  });

  it('go on for all others when a listener throws, which is an uncaught exception; the link is unaffected', async () => {
    const bench = new Bench();
    const failure = new Error('a bug of the application');
    const heard: boolean[] = [];
    bench.connection.on('state', () => {
      throw failure;
    });
    bench.connection.on('state', (up) => heard.push(up));
    expect(await uncaughtIn(() => bench.link())).toEqual([failure]);
    expect(heard).toEqual([true]);
    bench.lines(0, 'hi');
    expect(await bench.connection.readline()).toBe('hi');
    expect(bench.wire.takes()).toBe('00\n');
    expect(bench.connection.status).toBe(true);
  });

  it('are no longer told to a listener that was taken off', () => {
    const bench = new Bench();
    const heard: boolean[] = [];
    const off = bench.connection.on('state', (up) => heard.push(up));
    bench.link();
    off();
    bench.wire.ends('fin');
    expect(heard).toEqual([true]);
  });

  it('can be waited for, until the connection is closed', async () => {
    const bench = new Bench();
    const up = bench.connection.once('state');
    const close = bench.connection.once('close');
    const peerError = bench.connection.once('peerError');
    expect(bench.connection.inUse).toBe(true);
    bench.link();
    expect(await up).toEqual([true]);
    const failure = new Error('no more');
    await bench.connection.close(failure);
    expect(await close).toEqual([failure]);
    await expect(peerError).rejects.toMatchObject({ code: 'ERR_CLOSED', cause: failure });
    await expect(bench.connection.once('close')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('are refused when there are none of that name', async () => {
    const { connection } = new Bench();
    const message = 'there is no event status: the events are state, close, peerError';
    expect(() => connection.on('status' as 'state', () => undefined)).toThrow(message);
    await expect(connection.once('status' as 'state')).rejects.toThrow(message);
    await connection.close();
  });
});
