import { describe, expect, it } from 'vitest';
import { memoryStore, type SessionStore } from '../src/index.js';
import { nodeClock } from '../src/node/index.js';
import { SimulatedDisk, storeContract, type MakeStore } from '../src/testing/index.js';

function keepsTheContract(makeStore: MakeStore): void {
  it.each(storeContract.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(makeStore));
}

describe('a store in memory', () => {
  keepsTheContract(() => {
    const store = memoryStore();
    return { store, reopen: async () => store.reopen() };
  });
});

describe('a simulated disk without faults', () => {
  keepsTheContract(() => {
    const disk = new SimulatedDisk({ clock: nodeClock, seed: 1, syncMs: 1 });
    return { store: disk.open(), reopen: async () => disk.open() };
  });
});

describe('the contract', () => {
  /** Stores that break one promise. */
  const broken: Record<string, (store: SessionStore) => Partial<SessionStore>> = {
    'appends only after the expected number': (store) => ({
      append: async (id, expected, entries) => {
        const answer = await store.append(id, expected, entries);
        return answer === 'fenced' && expected === 2 ** 40 ? 'ok' : answer;
      },
    }),
    'lets one of many appends with one expected number through': (store) => ({
      append: async (id, expected, entries) => {
        await store.append(id, expected, entries);
        return 'ok';
      },
    }),
    'takes any id and any line as they are': (store) => ({
      load: (id) => store.load(id.normalize()),
      append: (id, expected, entries) => store.append(id.normalize(), expected, entries),
    }),
    'takes the entries as they are when append is called': (store) => ({
      append: async (id, expected, entries) => {
        await Promise.resolve();
        return store.append(id, expected, entries);
      },
    }),
    'loads from the last checkpoint on': (store) => ({
      load: async (id) => {
        const stored = await store.load(id);
        return stored && { ...stored, entries: stored.entries.slice(1) };
      },
    }),
    'trims entries that are not needed any more, and keeps the last number': (store) => ({
      load: async (id) => {
        const stored = await store.load(id);
        return stored?.entries.length === 0 ? undefined : stored;
      },
    }),
    'reads from any number on, what is before a checkpoint too': (store) => ({
      async *read(id, from) {
        const { entries } = (await store.load(id)) ?? { entries: [] };
        yield* entries.filter(([sequence]) => sequence >= from);
      },
    }),
    'reads a long log, and stops when the reader has enough': (store) => ({
      async *read(id, from) {
        let left = 2500;
        for await (const entry of store.read(id, from)) if (left-- > 0) yield entry;
      },
    }),
    'gives each id once': (store) => ({
      async *ids() {
        yield* store.ids();
        yield 'board 7';
      },
    }),
    'settles what is in flight when it is closed, and keeps what has resolved': () => {
      const other = memoryStore();
      return { append: (id, expected, entries) => other.append(id, expected, entries) };
    },
    'rejects what is called after close, and may be closed again': (store) => {
      const other = memoryStore();
      return { close: () => store.close(), load: (id) => other.load(id) };
    },
  };

  it.each(Object.keys(broken))('catches a store that breaks: %s', async (name) => {
    const found = storeContract.find((each) => each.name === name);
    const run = found?.run(() => {
      const data = memoryStore();
      const break_ = (store: SessionStore): SessionStore => ({
        load: (id) => store.load(id),
        append: (id, expected, entries) => store.append(id, expected, entries),
        read: (id, from) => store.read(id, from),
        trim: (id, before) => store.trim(id, before),
        ids: () => store.ids(),
        close: () => store.close(),
        ...broken[name]?.(store),
      });
      return { store: break_(data), reopen: async () => data.reopen() };
    });
    await expect(run).rejects.toThrow();
  });
});
