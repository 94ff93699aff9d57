import { describe, expect, it } from 'vitest';
import { Bench, stateOf } from './bench.js';
import { noUnhandledRejections } from './guard.js';
import { settle } from './virtual-clock.js';

noUnhandledRejections();

/** Reads in a loop; the lines with the times at which they came. */
function reading({ connection, clock }: Bench): string[] {
  const read: string[] = [];
  const begunAt = clock.now();
  void (async () => {
    for await (const line of connection) read.push(`${line} ${clock.now() - begunAt}`);
  })();
  return read;
}

describe('a connection with a pace', () => {
  it('hands over a burst, and then the lines that a second allows', async () => {
    const bench = await Bench.up({ maxLinesPerSecond: 2 });
    const read = reading(bench);
    bench.lines(1, 'a', 'b', 'c', 'd', 'e');
    await bench.clock.advance(1000, () => bench.wire.says('\n'));
    expect(read).toEqual(['a 0', 'b 0', 'c 0', 'd 500', 'e 1000']);
  });

  it('hands over the bytes that a second allows, and a longer line too', async () => {
    const bench = await Bench.up({ maxBytesPerSecond: 10 });
    const read = reading(bench);
    bench.lines(1, 'x'.repeat(30), 'é', 'z');
    await bench.clock.advance(2500, () => bench.wire.says('\n'));
    expect(read).toEqual([`${'x'.repeat(30)} 0`, 'é 2000', 'z 2200']);
  });

  it('saves up no more than a second of it', async () => {
    const bench = await Bench.up({ maxLinesPerSecond: 1 });
    const read = reading(bench);
    await bench.clock.advance(10_000, () => bench.wire.says('\n'));
    bench.lines(1, 'a', 'b', 'c');
    await bench.clock.advance(0);
    expect(read).toEqual(['a 10000', 'b 10000']);
  });

  it('slows the sender: what is over the limit of unread lines is not acked', async () => {
    const bench = await Bench.up({ maxLinesPerSecond: 1, maxUnreadLines: 1 });
    const read = reading(bench);
    bench.lines(1, 'a', 'b');
    await bench.clock.advance(0);
    bench.lines(3, 'c', 'd');
    await bench.clock.advance(0);
    expect(await bench.sent()).toBe('01\n02\n03\n');
    await bench.clock.advance(1000, () => bench.wire.says('\n'));
    expect(read).toEqual(['a 0', 'b 0', 'c 1000']);
    await bench.clock.advance(1);
    expect(await bench.sent()).toContain('04\n');
    expect(bench.story).toEqual([]);
  });

  it('holds for readline and for messages too', async () => {
    const bench = await Bench.up({ maxLinesPerSecond: 1 });
    bench.lines(1, 'a', 'b', 'c');
    const messages = bench.connection.messages()[Symbol.asyncIterator]();
    expect(await bench.connection.readline()).toBe('a');
    expect((await messages.next()).value?.text).toBe('b');
    const third = messages.next();
    expect(await stateOf(third)).toBe('pending');
    await bench.clock.advance(1000, () => bench.wire.says('\n'));
    expect((await third).value?.text).toBe('c');
  });

  it('leaves no timer', async () => {
    const bench = await Bench.up({ maxLinesPerSecond: 1 });
    reading(bench);
    bench.lines(1, 'a', 'b', 'c');
    await settle();
    expect(bench.clock.armed).toBeGreaterThan(1);
    await bench.connection.close();
    await bench.clock.advance(0);
    expect(bench.clock.armed).toBe(0);
  });
});
