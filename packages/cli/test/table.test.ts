import { expect, it } from 'vitest';
import { eventsOf } from '../src/fleet/events.js';
import { span, table } from '../src/fleet/table.js';

it('columns are as wide as their widest cell, numbers to the right', () => {
  expect(
    table(
      ['ID', 'N'],
      [
        ['cellar', 1],
        ['1', 10],
      ],
    ),
  ).toEqual(['ID       N', 'cellar   1', '1       10']);
});

it.each([
  [0, '0 s'],
  [59, '59 s'],
  [61, '1 min 1 s'],
  [3600, '1 h 0 s'],
  [90_061, '1 d 1 h'],
])('%d seconds are %s', (seconds, text) => {
  const now = Date.UTC(2026, 1, 1);
  expect(span(now - seconds * 1000, now)).toBe(text);
});

it('a stream of events is read the same at every split of its bytes', async () => {
  const bytes = new TextEncoder().encode(
    'retry: 1000\n\nid: a-1\nevent: up\ndata: {"id":"é"}\n\n:\n\nevent: line\ndata: {}\n\n',
  );
  for (let at = 0; at <= bytes.length; at += 1) {
    const events = [];
    async function* body() {
      yield bytes.subarray(0, at);
      yield bytes.subarray(at);
    }
    for await (const event of eventsOf(body())) events.push(event);
    expect(events).toEqual([
      { id: 'a-1', type: 'up', data: { id: 'é' } },
      { id: undefined, type: 'line', data: {} },
    ]);
  }
});
