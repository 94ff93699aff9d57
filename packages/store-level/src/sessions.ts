/** Reads the entries of one id, and finds out when some are missing or changed. */
import type { Entry, StoredSession } from '@iot/connection';
import { damaged } from './files/check.js';
import type { Level } from './files/level.js';
import { ALL_HEADS, allEntries, entryKey, headKey, parseKey, unsealed, type Head } from './records.js';

/** What was read of one id. */
export interface KeptSession extends Pick<StoredSession, 'entries'> {
  readonly head: Head;
}

/** Entries, or ids, of one page. */
const PAGE = 500;
/** About how many bytes a page of entries has. */
const PAGE_BYTES = 128 * 1024;

/** @throws StoreError `ERR_STORE_DAMAGED` */
export async function readHead(
  level: Level,
  folder: string,
  id: string,
  snapshot?: ReturnType<Level['snapshot']>,
): Promise<Head | undefined> {
  const key = headKey(id);
  const value = await level.get(key, { snapshot });
  if (value !== undefined) {
    const head = unsealed(key, value) as Head | undefined;
    if (head !== undefined) return head;
    throw sessionDamaged(folder, id, 'its head is not what was written');
  }
  const [stray] = await level.keys({ ...allEntries(id), limit: 1, snapshot }).all();
  if (stray !== undefined) throw sessionDamaged(folder, id, 'it has entries and no head');
  return undefined;
}

/**
 * The entries of this id from its last checkpoint on; with `whole`, all that have not been trimmed.
 *
 * @throws StoreError `ERR_STORE_DAMAGED`
 */
export async function readSession(
  level: Level,
  folder: string,
  id: string,
  whole = false,
): Promise<KeptSession | undefined> {
  await using snapshot = level.snapshot();
  const head = await readHead(level, folder, id, snapshot);
  if (head === undefined) return undefined;
  const from = whole ? head.first : Math.max(head.first, head.checkpoint);
  const range = { gte: entryKey(id, from), lte: allEntries(id).lte };
  await using iterator = level.iterator({ ...range, snapshot });
  const entries: (readonly [number, Entry])[] = [];
  // By pages: the event loop runs between them.
  for (let page = await iterator.nextv(PAGE); page.length > 0; page = await iterator.nextv(PAGE)) {
    for (const [key, value] of page) entries.push(entryOf(folder, id, from + entries.length, key, value));
  }
  if (entries.length !== head.last - from + 1) {
    const what = `it has ${entries.length} entries from ${from} on in place of ${head.last - from + 1}`;
    throw sessionDamaged(folder, id, what);
  }
  return { head, entries };
}

/**
 * Some entries of this id, from this number on; none after the last.
 *
 * @throws StoreError `ERR_STORE_DAMAGED`
 */
export async function readPage(
  level: Level,
  folder: string,
  id: string,
  from: number,
): Promise<(readonly [sequence: number, entry: Entry])[]> {
  await using snapshot = level.snapshot();
  const head = await readHead(level, folder, id, snapshot);
  if (head === undefined || from > head.last) return [];
  const first = Math.max(head.first, from);
  const range = { gte: entryKey(id, first), lte: allEntries(id).lte };
  await using iterator = level.iterator({ ...range, snapshot, highWaterMarkBytes: PAGE_BYTES });
  const page = await iterator.nextv(PAGE);
  if (page.length === 0 && first <= head.last) throw sessionDamaged(folder, id, `entry ${first} is missing`);
  return page.map(([key, value], at) => entryOf(folder, id, first + at, key, value));
}

function entryOf(
  folder: string,
  id: string,
  expected: number,
  key: Buffer,
  value: Buffer,
): readonly [number, Entry] {
  if (parseKey(key)?.sequence !== expected) throw sessionDamaged(folder, id, `entry ${expected} is missing`);
  const entry = unsealed(key, value) as Entry | undefined;
  if (entry === undefined) throw sessionDamaged(folder, id, `entry ${expected} is not what was written`);
  return [expected, entry];
}

function sessionDamaged(folder: string, id: string, what: string): Error {
  return damaged(folder, `is damaged in the session of ${JSON.stringify(id)}: ${what}`);
}

/** All ids, by pages. */
export async function* readIds(
  folder: string,
  read: (act: (level: Level) => Promise<Buffer[]>) => Promise<Buffer[]>,
): AsyncGenerator<string> {
  let after: { readonly gte: Buffer } | { readonly gt: Buffer } = { gte: ALL_HEADS.gte };
  for (;;) {
    const range = { ...after, lt: ALL_HEADS.lt, limit: PAGE };
    const keys = await read((level) => level.keys(range).all());
    for (const key of keys) {
      const id = parseKey(key)?.id;
      if (id === undefined) throw damaged(folder, 'is damaged: it has a key that no store has written');
      yield id;
    }
    const last = keys.at(-1);
    if (last === undefined || keys.length < PAGE) return;
    after = { gt: last };
  }
}
