/** Whatever a store has of a session, it is gone on with, or an error says that it is none. */
import { fuzz } from '@iot/vitest-config/fuzz';
import { expect, it } from 'vitest';
import { StoreError, type Entry, type SessionStore } from '../src/index.js';
import { LoadedSession, storedPump } from '../src/internal/index.js';
import { VirtualClock } from './virtual-clock.js';
import { Wire } from './wire.js';

it('a session that is stored', async () => {
  const corpus = new URL('corpus/stored/', import.meta.url);
  const words = [
    '{"kind":"checkpoint","owner":"a","snapshot":',
    'null',
    '"in"',
    '"acked"',
    '-1',
    '1e999',
    '0',
    '{}',
    '[]',
    ',',
  ];
  await fuzz({ corpus, words }, async (bytes) => {
    const entries = listIn(bytes.toString());
    if (entries === undefined) return;
    const stored = { last: entries.length, entries: entries.map((entry, at) => [at + 1, entry] as const) };
    const store = { load: () => Promise.resolve(stored) } as unknown as SessionStore;
    const loaded = await LoadedSession.load({ store, id: 'board', closeTimeoutMs: 1000 });
    try {
      const pump = storedPump({ role: 'server', timeout: 1000 }, loaded, new VirtualClock());
      pump.storeIn({ flush: () => undefined, close: () => Promise.resolve() });
      const wire = new Wire();
      pump.attach(wire);
      wire.says('\n00a line\n01another\n');
      pump.detach();
    } catch (error) {
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    }
  });
});

function listIn(text: string): Entry[] | undefined {
  try {
    const list = JSON.parse(text) as unknown;
    return Array.isArray(list) ? (list as Entry[]) : undefined;
  } catch {
    return undefined;
  }
}
