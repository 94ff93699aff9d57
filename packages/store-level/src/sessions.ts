/**
 * Reads sessions from LevelDB and checks that no entry is missing or changed. The head of an id says which entries must
 * exist (records.ts).
 */
import type { Entry, StoredSession } from '@iot/connection';
import { damaged } from './files/check.js';
import type { Level } from './files/level.js';
import { ALL_HEADS, allEntries, entryKey, headKey, parseKey, unsealed, type Head } from './records.js';

/** The session of one id, as it was read. */
export interface KeptSession extends Pick<StoredSession, 'entries'> {
  readonly head: Head;
}

/** Maximum number of entries, or of ids, that are read at a time. */
const PAGE = 500;
/** Approximate maximum size of a page of entries. */
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
    throw sessionDamaged(folder, id, 'the checksum of its head does not match');
  }
  const [stray] = await level.keys({ ...allEntries(id), limit: 1, snapshot }).all();
  if (stray !== undefined) throw sessionDamaged(folder, id, 'it has entries and no head');
  return undefined;
}

/**
 * Reads the entries of this id from its last checkpoint on. With `whole`, reads all entries that have not been trimmed.
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
  // Read pages, so that the event loop can run between them.
  for (let page = await iterator.nextv(PAGE); page.length > 0; page = await iterator.nextv(PAGE)) {
    for (const [key, value] of page) entries.push(entryOf(folder, id, from + entries.length, key, value));
  }
  if (entries.length !== head.last - from + 1) {
    const what = `it has ${entries.length} entries from ${from} on instead of ${head.last - from + 1}`;
    throw sessionDamaged(folder, id, what);
  }
  return { head, entries };
}

/**
 * Reads one page of entries of this id, beginning with the sequence number `from`. Empty when there is no further entry.
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
  if (entry === undefined)
    throw sessionDamaged(folder, id, `the checksum of entry ${expected} does not match`);
  return [expected, entry];
}

function sessionDamaged(folder: string, id: string, what: string): Error {
  return damaged(folder, `is damaged in the session of ${JSON.stringify(id)}: ${what}`);
}

/** Yields all ids. Reads them in pages. */
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
      if (id === undefined)
        throw damaged(folder, 'is damaged: it has a key that is not in the format of a store');
      yield id;
    }
    const last = keys.at(-1);
    if (last === undefined || keys.length < PAGE) return;
    after = { gt: last };
  }
}
