import { describe, expect, it } from 'vitest';
import type { Connection } from '../src/index.js';
import { Bench, stateOf } from './bench.js';
import { noUnhandledRejections } from './guard.js';
import { settle } from './virtual-clock.js';

noUnhandledRejections();

interface Given {
  readonly signal: AbortSignal | null;
}

const CALLS: readonly [string, (connection: Connection, given: Given) => Promise<unknown>][] = [
  ['write', (connection, given) => connection.write('hi', given)],
  ['readline', (connection, given) => connection.readline(given)],
  ['ready', (connection, given) => connection.ready(given)],
  ['drain', (connection, given) => connection.drain(given)],
];

describe('a signal that is null', () => {
  it('is none to write and drain', async () => {
    const bench = await Bench.up();
    const written = bench.connection.write('hi', { signal: null });
    const drained = bench.connection.drain({ signal: null });
    expect(await bench.sent()).toBe('01hi\n');
    expect([await stateOf(written), await stateOf(drained)]).toEqual(['pending', 'pending']);
    bench.wire.says('01\n');
    expect([await stateOf(written), await stateOf(drained)]).toEqual(['resolved', 'resolved']);
  });

  it('is none to readline and ready', async () => {
    const bench = new Bench();
    const waiting = [bench.connection.ready({ signal: null }), bench.connection.readline({ signal: null })];
    await settle();
    bench.link();
    bench.lines(0, 'line');
    expect(await Promise.all(waiting.map(stateOf))).toEqual(['resolved', 'line']);
  });
});

describe('a value that is not a signal', () => {
  it.each(CALLS)('has %s reject at once, and nothing happens', async (_, call) => {
    for (const wrong of [new AbortController(), true, 5, 'signal', {}]) {
      const bench = await Bench.up();
      bench.lines(0, 'unread');
      await expect(call(bench.connection, { signal: wrong as AbortSignal })).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_BAD_OPTION',
        message: 'signal must be an AbortSignal, such as the signal of an AbortController',
      });
      expect(await bench.sent()).toBe('00\n');
      expect(await stateOf(bench.connection.drain())).toBe('resolved');
      expect(await stateOf(bench.connection.readline())).toBe('unread');
    }
  });
});

describe('unknown options', () => {
  const WRONG: readonly [unknown, string][] = [
    [new AbortController().signal, 'pass the signal in an object: { signal }'],
    [{ singal: AbortSignal.abort() }, 'there is no option singal: is it signal?'],
    [null, 'options must be an object, not null'],
    [false, 'options must be an object, not boolean'],
  ];

  it.each(CALLS)('have %s reject at once, and nothing happens', async (_, call) => {
    for (const [options, message] of WRONG) {
      const bench = await Bench.up();
      bench.lines(0, 'unread');
      await expect(call(bench.connection, options as Given)).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_BAD_OPTION',
        message,
      });
      expect(await bench.sent()).toBe('00\n');
      expect(await stateOf(bench.connection.readline())).toBe('unread');
    }
  });
});
