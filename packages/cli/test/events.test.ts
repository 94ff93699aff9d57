import { expect, it } from 'vitest';
import { eventsOf } from '../src/fleet/events.js';

async function* streamOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

it('an event has its id, when it is one that a request can name', async () => {
  const ids = ['a-1', 'a 1', 'é', ''];
  const text = ids.map((id) => `id: ${id}\nevent: up\ndata: {}\n\n`).join('');
  const found: unknown[] = [];
  for await (const { id } of eventsOf(streamOf(text))) found.push(id);
  expect(found).toEqual(['a-1', undefined, undefined, undefined]);
});

it('an event without an end is given up, and does not fill the memory', async () => {
  let taken = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      taken += 100_000;
      yield Buffer.alloc(100_000, 'x');
    }
  }
  await expect(eventsOf(endless()).next()).rejects.toThrow('not a stream of events');
  expect(taken).toBeLessThan(2_000_000);
});
