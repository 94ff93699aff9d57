import { join } from 'node:path';
import { levelStore } from '@iot/store-level';
import type { Entry, SessionStore } from '@iot/server';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WrittenOnce } from '../src/once.js';

const line = (text: string): Entry => ({ kind: 'out', ticket: 0, line: text, qos: true, wait: true });
const owner: Entry = { kind: 'owner', epoch: '6f3a', node: 'server-1' };

async function opened(): Promise<SessionStore> {
  const store = await levelStore(join(temporaryFolder(), 'store'));
  onTestFinished(() => store.close());
  return store;
}

/** In place of a store, as a process finds it that dies before this line of a board is stored. */
function dyingBefore(text: string, store: SessionStore): SessionStore {
  return {
    load: (id) => store.load(id),
    append: (id, expected, entries) =>
      entries.some((entry) => entry.kind === 'out' && entry.line === text)
        ? Promise.reject(new Error('the process dies'))
        : store.append(id, expected, entries),
    read: (id, from) => store.read(id, from),
    trim: (id, before) => store.trim(id, before),
    ids: () => store.ids(),
    close: () => Promise.resolve(),
  };
}

/** What the next process, which loads the session of board 1, takes for delivered. */
async function next(store: SessionStore): Promise<{ once: WrittenOnce; delivered: [number, string][] }> {
  const once = await WrittenOnce.open(store);
  await once.load('1');
  return { once, delivered: [...once.delivered] };
}

describe('a message that the broker sends again to the next process', () => {
  it('is known when its line was stored', async () => {
    const store = await opened();
    const first = await WrittenOnce.open(store);
    const { stored } = first.expect('1', { packet: 7, hash: 'a' }, 'on');
    expect(await first.append('1', 0, [owner, line('on')])).toBe('ok');
    await stored;
    expect((await next(store)).delivered).toEqual([[7, 'a']]);
    expect((await next(store)).delivered).toEqual([[7, 'a']]);
  });

  it('is new when the process died between the journal and the session, whatever the session stores later', async () => {
    const store = await opened();
    const first = await WrittenOnce.open(dyingBefore('on', store));
    expect(await first.append('1', 0, [owner])).toBe('ok');
    first.expect('1', { packet: 7, hash: 'a' }, 'on');
    await expect(first.append('1', 1, [line('on')])).rejects.toThrow('the process dies');
    const second = await next(store);
    expect(second.delivered).toEqual([]);
    expect(await second.once.append('1', 1, [owner])).toBe('ok'); // has the number that the line would have had
    expect((await next(store)).delivered).toEqual([]);
  });

  it('is new when the broker has begun another session since', async () => {
    const store = await opened();
    const first = await WrittenOnce.open(store);
    first.expect('1', { packet: 7, hash: 'a' }, 'on');
    await first.append('1', 0, [line('on')]);
    await first.newSession();
    expect((await next(store)).delivered).toEqual([]);
  });

  it('is new when its identifier has been used for another message since', async () => {
    const store = await opened();
    const first = await WrittenOnce.open(store);
    first.expect('1', { packet: 7, hash: 'a' }, 'on');
    first.expect('1', { packet: 7, hash: 'b' }, 'off');
    await first.append('1', 0, [line('on'), line('off')]);
    expect((await next(store)).delivered).toEqual([[7, 'b']]);
  });
});

it('a line that was withdrawn is not taken for another one with the same text', async () => {
  const store = await opened();
  const once = await WrittenOnce.open(store);
  once.expect('1', { packet: 7, hash: 'a' }, 'on').withdraw();
  await once.append('1', 0, [line('on')]);
  expect((await next(store)).delivered).toEqual([]);
});

it('the journal is no session of a board', async () => {
  const store = await opened();
  const once = await WrittenOnce.open(store);
  once.expect('1', { packet: 7, hash: 'a' }, 'on');
  await once.append('1', 0, [line('on')]);
  const ids: string[] = [];
  for await (const id of once.ids()) ids.push(id);
  expect(ids).toEqual(['1']);
});
