import { describe, expect, it } from 'vitest';
import { Bench, stateOf } from './bench.js';
import { noUnhandledRejections } from './guard.js';
import { settle } from './virtual-clock.js';

noUnhandledRejections();

describe('readline', () => {
  it('gives the lines in order, without their newlines', async () => {
    const bench = await Bench.up();
    bench.lines(1, 'a', 'b ', '\r');
    expect(await bench.connection.readline()).toBe('a');
    expect(await bench.connection.readline()).toBe('b ');
    expect(await bench.connection.readline()).toBe('\r');
  });

  it('waits for a line, through outages too', async () => {
    const bench = await Bench.up();
    const line = bench.connection.readline();
    bench.wire.ends('reset');
    expect(await stateOf(line)).toBe('pending');
    bench.link();
    bench.lines(1, 'late');
    expect(await stateOf(line)).toBe('late');
  });

  it('serves readers and iterators first come, first served; each line goes to one of them', async () => {
    const bench = await Bench.up();
    const iterator = bench.connection[Symbol.asyncIterator]();
    const order: string[] = [];
    const readers = [
      bench.connection.readline().then((line) => order.push(`first: ${line}`)),
      iterator.next().then(({ value }) => order.push(`iterator: ${value ?? 'done'}`)),
      bench.connection.readline().then((line) => order.push(`third: ${line}`)),
    ];
    bench.lines(1, 'a', 'b', 'c', 'd');
    await Promise.all(readers);
    expect(order.sort()).toEqual(['first: a', 'iterator: b', 'third: c']);
    expect(await bench.connection.readline()).toBe('d');
  });

  it('does not let a later reader take a line ahead of those who wait', async () => {
    const bench = await Bench.up();
    const [first, second] = [bench.connection.readline(), bench.connection.readline()];
    bench.lines(1, 'a');
    const third = bench.connection.readline();
    bench.lines(2, 'b', 'c');
    expect(await Promise.all([first, second, third])).toEqual(['a', 'b', 'c']);
  });

  it('keeps lines that are not read yet, over an outage too', async () => {
    const bench = await Bench.up();
    bench.lines(1, 'kept');
    bench.wire.ends('reset');
    expect(await bench.connection.readline()).toBe('kept');
  });

  it('makes space: the acks that waited for it go out', async () => {
    const bench = await Bench.up({ maxUnreadLines: 1 });
    bench.lines(1, 'a', 'b');
    expect(bench.wire.takes()).toBe('01\n');
    await bench.connection.readline();
    await bench.clock.advance(0);
    expect(await bench.sent()).toBe('02\n');
  });

  it('informs the other end once of all that is read in one turn', async () => {
    const bench = await Bench.up({ maxUnreadLines: 2 });
    bench.lines(1, 'a', 'b', 'c', 'd');
    expect(bench.wire.takes()).toBe('01\n02\n');
    const { turns } = bench.clock.asked;
    for (const line of ['a', 'b', 'c']) expect(await bench.connection.readline()).toBe(line);
    expect(bench.clock.asked.turns - turns).toBe(1);
    await bench.clock.advance(0);
    expect(await bench.sent()).toBe('03\n04\n');
  });
});

describe('aborting a readline', () => {
  it('rejects with the reason', async () => {
    const bench = await Bench.up();
    const abort = new AbortController();
    const line = bench.connection.readline({ signal: abort.signal });
    abort.abort('enough');
    expect(await stateOf(line)).toBe('enough');
    expect(await stateOf(bench.connection.readline({ signal: abort.signal }))).toBe('enough');
  });

  it('before the line comes leaves it to the next reader', async () => {
    const bench = await Bench.up();
    const abort = new AbortController();
    void bench.connection.readline({ signal: abort.signal });
    const second = bench.connection.readline();
    abort.abort();
    bench.lines(1, 'a');
    expect(await stateOf(second)).toBe('a');
  });

  it('in the turn in which its line came does not lose the line', async () => {
    const bench = await Bench.up();
    const abort = new AbortController();
    const line = bench.connection.readline({ signal: abort.signal });
    bench.lines(1, 'a');
    abort.abort();
    expect(await stateOf(line)).toBe('a');
  });

  it('consumes no line that lies there already', async () => {
    const bench = await Bench.up();
    bench.lines(1, 'a');
    await expect(bench.connection.readline({ signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await bench.connection.readline()).toBe('a');
  });
});

describe('for await', () => {
  it('gives lines as they come; leaving it closes nothing and loses no line', async () => {
    const bench = await Bench.up();
    bench.lines(1, 'a', 'b', 'c');
    const seen: string[] = [];
    for await (const line of bench.connection) if (seen.push(line) === 2) break;
    expect(seen).toEqual(['a', 'b']);
    expect(bench.connection.status).toBe(true);
    expect(await bench.connection.readline()).toBe('c');
  });

  it('that has been left takes no line any more, even with a read under way', async () => {
    const bench = await Bench.up();
    const iterator = bench.connection[Symbol.asyncIterator]();
    const next = iterator.next();
    await iterator.return?.();
    bench.lines(1, 'a');
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await bench.connection.readline()).toBe('a');
  });

  it('ends when the connection is closed', async () => {
    const bench = await Bench.up();
    const seen: string[] = [];
    const loop = (async () => {
      for await (const line of bench.connection) seen.push(line);
      return 'ended';
    })();
    bench.lines(1, 'a');
    await settle();
    bench.lines(2, 'discarded');
    await bench.connection.close();
    expect(await stateOf(loop)).toBe('ended');
    expect(seen[0]).toBe('a');
    expect(await bench.connection[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });

  it('throws when the connection is closed over a failure, with that as the cause', async () => {
    const bench = await Bench.up();
    const failure = new Error('the roof is on fire');
    const loop = (async () => {
      for await (const line of bench.connection) expect(line).toBe('none');
    })();
    await settle();
    await bench.connection.close(failure);
    await expect(loop).rejects.toMatchObject({ code: 'ERR_CLOSED', cause: failure });
  });
});
