import { describe, expect, it } from 'vitest';
import { Bench, stateOf } from './bench.js';
import { noUnhandledRejections } from './guard.js';

noUnhandledRejections();

/** A logger that keeps its warnings. */
function warnings() {
  const heard: unknown[] = [];
  const quiet = () => undefined;
  const warn = (fields: object, message: string) => void heard.push({ ...fields, message });
  return { heard, logger: { debug: quiet, info: quiet, warn, error: quiet } };
}

const dropped = (writes: number, closeTimeoutMs: number) => ({
  id: 'board',
  writes,
  closeTimeoutMs,
  message: 'closed with writes that had not settled: they were dropped',
});

describe('leaving the scope of await using', () => {
  it('waits for what was written, and closes as soon as it is acked', async () => {
    const { heard, logger } = warnings();
    const bench = await Bench.up({ logger });
    const written = bench.connection.write('last words');
    const left = bench.connection[Symbol.asyncDispose]();
    expect(await bench.sent()).toBe('01last words\n');
    expect(await stateOf(left)).toBe('pending');
    expect(bench.connection.status).toBe(true);
    bench.wire.says('01\n');
    await left;
    await written;
    expect(bench.story).toEqual(['down', 'close']);
    expect(heard).toEqual([]);
    expect(bench.clock.armed).toBe(0);
  });

  it('waits through an outage', async () => {
    const bench = await Bench.up();
    bench.wire.ends('reset');
    const written = bench.connection.write('last words');
    const left = bench.connection[Symbol.asyncDispose]();
    await bench.clock.advance(4999);
    bench.link();
    expect(await bench.sent()).toBe('01last words\n');
    bench.wire.says('01\n');
    await Promise.all([left, written]);
  });

  it('closes after closeTimeoutMs, when what is dropped rejects, and one warning says how many', async () => {
    const { heard, logger } = warnings();
    const bench = new Bench({ logger, closeTimeoutMs: 700 });
    const written = [bench.connection.write('one'), bench.connection.write('two', { qos: false })];
    const left = bench.connection[Symbol.asyncDispose]();
    await bench.clock.advance(699);
    expect(await stateOf(left)).toBe('pending');
    await bench.clock.advance(1);
    await left;
    for (const write of written) await expect(write).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(heard).toEqual([dropped(2, 700)]);
    expect(bench.clock.armed).toBe(0);
  });

  it('waits for five seconds unless told otherwise', async () => {
    const bench = new Bench();
    const written = bench.connection.write('one');
    const left = bench.connection[Symbol.asyncDispose]();
    await bench.clock.advance(4999);
    expect(await stateOf(left)).toBe('pending');
    await bench.clock.advance(1);
    await left;
    await expect(written).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('does not wait with a closeTimeoutMs of 0', async () => {
    const { heard, logger } = warnings();
    const bench = new Bench({ logger, closeTimeoutMs: 0 });
    const written = bench.connection.write('one');
    await bench.connection[Symbol.asyncDispose]();
    await expect(written).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(heard).toEqual([dropped(1, 0)]);
  });

  it('ends at once with a close in the meantime, which warns of nothing', async () => {
    const { heard, logger } = warnings();
    const bench = new Bench({ logger });
    const written = bench.connection.write('one');
    const left = bench.connection[Symbol.asyncDispose]();
    expect(bench.connection.pendingWrites).toBe(1);
    await bench.connection.close();
    await left;
    await expect(written).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(bench.connection.pendingWrites).toBe(0);
    expect(heard).toEqual([]);
  });
});
