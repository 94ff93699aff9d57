import { describe, expect, it } from 'vitest';
import { Bench, stateOf } from './bench.js';
import { noUnhandledRejections } from './guard.js';
import { settle } from './virtual-clock.js';

noUnhandledRejections();

describe('a qos write', () => {
  it('resolves once acked, and not before', async () => {
    const bench = await Bench.up();
    const write = bench.connection.write('hi');
    expect(await bench.sent()).toBe('01hi\n');
    expect(await stateOf(write)).toBe('pending');
    bench.wire.says('01\n');
    expect(await stateOf(write)).toBe('resolved');
  });

  it('without wait resolves once acked too, and may overtake waiting writes', async () => {
    const bench = await Bench.up();
    void bench.connection.write('first');
    void bench.connection.write('second');
    const free = bench.connection.write('third', { wait: false });
    expect(await bench.sent()).toBe('01first\n02third\n');
    expect(await stateOf(free)).toBe('pending');
    bench.wire.says('02\n');
    expect(await stateOf(free)).toBe('resolved');
  });

  it('queues in call order before write returns', async () => {
    const bench = await Bench.up();
    const all = ['a', 'b', 'c', 'd'].map((line) => bench.connection.write(line));
    for (const id of ['01', '02', '03', '04']) {
      await settle();
      bench.wire.says(`${id}\n`);
    }
    await Promise.all(all);
    expect(bench.wire.takes()).toBe('01a\n02b\n03c\n04d\n');
  });

  it('waits through an outage', async () => {
    const bench = await Bench.up();
    const write = bench.connection.write('kept');
    await settle();
    bench.wire.ends('reset');
    await bench.clock.advance(60_000);
    expect(await stateOf(write)).toBe('pending');
    bench.link();
    expect(bench.wire.takes()).toBe('01kept\n');
    bench.wire.says('01\n');
    expect(await stateOf(write)).toBe('resolved');
  });

  it('made before the first link is sent when that is up', async () => {
    const bench = new Bench();
    void bench.connection.write('early');
    await settle();
    bench.link();
    expect(bench.wire.takes()).toBe('00early\n');
  });
});

describe('a write without qos', () => {
  it('resolves when handed to the transport', async () => {
    const bench = await Bench.up();
    const write = bench.connection.write('hi', { qos: false });
    expect(await stateOf(write)).toBe('resolved');
    expect(bench.wire.takes()).toBe('01hi\n');
  });

  it('waits for the link, then goes ahead of queued qos writes', async () => {
    const bench = await Bench.up();
    bench.wire.ends('fin');
    void bench.connection.write('qos');
    const write = bench.connection.write('now', { qos: false });
    expect(await stateOf(write)).toBe('pending');
    bench.link();
    expect(await stateOf(write)).toBe('resolved');
    expect(bench.wire.takes()).toBe('01now\n02qos\n');
  });

  it('goes ahead of qos writes beyond maxUnsentLines too', async () => {
    const bench = await Bench.up({ maxUnsentLines: 2 });
    bench.wire.ends('fin');
    for (let i = 0; i < 10; i++) void bench.connection.write(`qos ${i}`);
    void bench.connection.write('now', { qos: false });
    bench.link();
    expect(bench.wire.takes()).toBe('01now\n02qos 0\n');
  });

  it('waits at the spread limit of 119 messages past the oldest unacked one', async () => {
    const bench = await Bench.up();
    void bench.connection.write('stuck');
    expect(await bench.sent()).toBe('01stuck\n');
    const writes = Array.from({ length: 120 }, (_, i) => bench.connection.write(`n ${i}`, { qos: false }));
    expect((await bench.sent()).match(/\n/g)).toHaveLength(119);
    expect(await stateOf(writes[118]!)).toBe('resolved');
    expect(await stateOf(writes[119]!)).toBe('pending');
  });
});

describe('a value that is not a line', () => {
  it.each([
    ['a number', 5],
    ['nothing', undefined],
    ['a newline inside', 'a\nb'],
    ['half of a surrogate pair', 'a\ud800'],
    ['more than maxLineBytes', 'x'.repeat(101)],
    ['more than maxLineBytes in UTF-8', 'é'.repeat(51)],
  ])('is refused, and nothing is sent: %s', async (_, line) => {
    const bench = await Bench.up({ maxLineBytes: 100 });
    const write = bench.connection.write(line as string);
    await expect(write).rejects.toMatchObject({ name: 'UsageError', code: 'ERR_BAD_LINE' });
    expect(await bench.sent()).toBe('');
    void bench.connection.write('next');
    expect(await bench.sent()).toBe('01next\n');
  });

  it.each(['', '\n'])('%j sends nothing and resolves', async (line) => {
    const bench = await Bench.up();
    expect(await stateOf(bench.connection.write(line))).toBe('resolved');
    expect(await bench.sent()).toBe('');
  });

  it('but for its one trailing newline, which is not sent', async () => {
    const bench = await Bench.up({ maxLineBytes: 4 });
    void bench.connection.write('four\n');
    expect(await bench.sent()).toBe('01four\n');
  });
});

describe('aborting a write', () => {
  it('before the call sends nothing, and rejects with the reason', async () => {
    const bench = await Bench.up();
    const write = bench.connection.write('never', { signal: AbortSignal.abort('not now') });
    expect(await stateOf(write)).toBe('not now');
    expect(await bench.sent()).toBe('');
  });

  it.each([
    ['reason of any kind', null],
    ['default reason', undefined],
  ])('rejects with the %s', async (_, reason) => {
    const bench = new Bench();
    const abort = new AbortController();
    const write = bench.connection.write('x', { signal: abort.signal });
    abort.abort(reason);
    await expect(write).rejects.toBe(abort.signal.reason);
  });

  it('withdraws a line that waits for its turn', async () => {
    const bench = await Bench.up();
    const abort = new AbortController();
    const [, second] = [
      bench.connection.write('a'),
      bench.connection.write('b', { signal: abort.signal }),
      bench.connection.write('c'),
    ];
    await settle();
    abort.abort('enough');
    expect(await stateOf(second)).toBe('enough');
    bench.wire.says('01\n');
    expect(bench.wire.takes()).toBe('01a\n02c\n');
  });

  it('withdraws a line that waits for space', async () => {
    const bench = await Bench.up({ maxUnsentLines: 1 });
    bench.wire.ends('fin');
    const abort = new AbortController();
    void bench.connection.write('a');
    const second = bench.connection.write('b', { signal: abort.signal });
    void bench.connection.write('c');
    abort.abort('enough');
    expect(await stateOf(second)).toBe('enough');
    bench.link();
    bench.wire.says('01\n');
    expect(bench.wire.takes()).toBe('01a\n02c\n');
  });

  it('makes space for the next write', async () => {
    const bench = await Bench.up({ maxUnsentLines: 1 });
    bench.wire.ends('fin');
    const abort = new AbortController();
    void bench.connection.write('a', { signal: abort.signal });
    void bench.connection.write('b');
    abort.abort();
    await settle();
    bench.link();
    expect(bench.wire.takes()).toBe('01b\n');
  });

  it('of a line already sent lets the next one go, and repeats the line no more', async () => {
    const bench = await Bench.up();
    const abort = new AbortController();
    const sent = bench.connection.write('sent', { signal: abort.signal });
    void bench.connection.write('next');
    expect(await bench.sent()).toBe('01sent\n');
    abort.abort('enough');
    expect(await stateOf(sent)).toBe('enough');
    expect(await bench.sent()).toBe('02next\n');
    bench.wire.says('01\n02\n');
    bench.wire.ends('fin');
    bench.link();
    expect(bench.wire.takes()).toBe('');
  });

  it('after it has resolved does nothing, and no listener stays at the signal', async () => {
    const bench = await Bench.up();
    const abort = new AbortController();
    const listeners = new Set<unknown>();
    abort.signal.addEventListener = (_: string, listener: unknown) => listeners.add(listener);
    abort.signal.removeEventListener = (_: string, listener: unknown) => listeners.delete(listener);
    const write = bench.connection.write('hi', { signal: abort.signal });
    expect(listeners.size).toBe(1);
    await settle();
    bench.wire.says('01\n');
    expect(await stateOf(write)).toBe('resolved');
    expect(listeners.size).toBe(0);
  });
});

describe('maxUnsentLines', () => {
  it('makes further writes wait outside the session, in call order, until there is space', async () => {
    const bench = await Bench.up({ maxUnsentLines: 3 });
    bench.wire.ends('fin');
    const writes = Array.from({ length: 8 }, (_, i) => bench.connection.write(`line ${i}`));
    await settle();
    expect(bench.pump.session.unsent()).toBe(3);
    bench.link();
    for (let id = 1; id <= 8; id++) {
      expect(await bench.sent()).toBe(`0${id}line ${id - 1}\n`);
      expect(bench.pump.session.unsent()).toBeLessThanOrEqual(3);
      bench.wire.says(`0${id}\n`);
    }
    await Promise.all(writes);
  });
});

describe('writes that wait for space', () => {
  it('hold up none of another kind', async () => {
    const bench = await Bench.up({ maxUnsentLines: 1 });
    bench.wire.ends('fin');
    for (const line of ['a', 'b', 'c']) void bench.connection.write(line);
    for (const line of ['d', 'e']) void bench.connection.write(line, { wait: false });
    bench.link();
    expect(bench.wire.takes()).toBe('01a\n02d\n03e\n');
  });

  it('are not overtaken by a later one when there is space again', async () => {
    const bench = await Bench.up({ maxUnsentLines: 1 });
    bench.wire.ends('fin');
    const abort = new AbortController();
    void bench.connection.write('a', { signal: abort.signal });
    void bench.connection.write('b');
    abort.abort();
    void bench.connection.write('c');
    bench.link();
    bench.wire.says('01\n');
    expect(bench.wire.takes()).toBe('01b\n02c\n');
  });
});

describe('drain', () => {
  it('resolves when every write made so far has settled, whichever way', async () => {
    const bench = await Bench.up();
    const abort = new AbortController();
    void bench.connection.write('a');
    void bench.connection.write('b', { signal: abort.signal });
    const drained = bench.connection.drain();
    await settle();
    bench.wire.says('01\n');
    expect(await stateOf(drained)).toBe('pending');
    void bench.connection.write('later');
    abort.abort();
    expect(await stateOf(drained)).toBe('resolved');
  });

  it('resolves at once when there is nothing to wait for, after the close too', async () => {
    const bench = await Bench.up();
    expect(await stateOf(bench.connection.drain())).toBe('resolved');
    await bench.connection.close();
    expect(await stateOf(bench.connection.drain())).toBe('resolved');
  });

  it('can be aborted; the writes go on', async () => {
    const bench = await Bench.up();
    const write = bench.connection.write('a');
    const drained = bench.connection.drain({ signal: AbortSignal.abort('enough') });
    expect(await stateOf(drained)).toBe('enough');
    bench.wire.says('01\n');
    expect(await stateOf(write)).toBe('resolved');
  });
});
