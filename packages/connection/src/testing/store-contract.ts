/**
 * The tests that every store of sessions must pass (`store/port.ts`). They work with every test runner: a case throws an
 * `Error` when the store breaks a rule, and never settles when an expected answer does not come.
 *
 *   for (const { name, run } of storeContract) it(name, () => run(makeStore));
 */
import { ClosedError, UsageError } from '@iot/framing';
import type { Entry, StoredSession } from '@iot/qos';
import type { SessionStore } from '../store/port.js';

/** An empty store, and a function that opens its data again. */
export interface StoreUnderTest {
  readonly store: SessionStore;
  /** Opens the same data again, as the next process would. Called after the previous store was closed. */
  readonly reopen: () => Promise<SessionStore>;
}
export type MakeStore = () => StoreUnderTest | Promise<StoreUnderTest>;

export interface StoreContractCase {
  readonly name: string;
  run(makeStore: MakeStore): Promise<void>;
}

/** Ids and lines that a wrong encoding may confuse or change. */
const TEXTS = [
  'plain',
  ' ',
  '\u0000',
  '\u0000\u0000',
  'a\u0000',
  'a\u0000b',
  'a\u0001',
  'a',
  'a/b',
  '../a',
  '..',
  'a\r\u0085\u2028\u2029',
  '\u001b[31m',
  '\u007f\u0080\u00ff',
  'é',
  'e\u0301',
  '\uffff',
  '\u{10ffff}😀',
  '"\\',
  '__proto__',
  'é'.repeat(128),
];
const LONGEST_LINE = `${'x'.repeat(64 * 1024 - 4)}😀`;

export const storeContract: readonly StoreContractCase[] = [
  contract('knows nothing of an id that was never appended to', async ({ store }) => {
    check((await store.load('1')) === undefined, 'load has returned a session');
    check((await collect(store)).length === 0, 'ids() has returned an id');
    await store.trim('1', 7);
    check((await store.load('1')) === undefined, 'trim has created the id');
  }),

  contract('numbers entries from 1, and gives back each kind as it was', async ({ store }) => {
    check((await store.append('1', 0, EVERY_KIND)) === 'ok', 'the first append was fenced');
    same(await store.load('1'), numbered(1, EVERY_KIND));
  }),

  contract('keeps many entries in order, over many appends', async ({ store, reopen }) => {
    const all: Entry[] = [];
    for (let append = 0; append < 150; append += 1) {
      const entries = Array.from({ length: 1 + (append % 5) }, (_, at) => line(`${append}.${at}`));
      check((await store.append('1', all.length, entries)) === 'ok', `append ${append} was fenced`);
      all.push(...entries);
    }
    same(await store.load('1'), numbered(1, all));
    await store.close();
    const again = await reopen();
    same(await again.load('1'), numbered(1, all));
    await again.close();
  }),

  contract('appends only after the expected number', async ({ store }) => {
    check((await store.append('1', 0, [line('a'), line('b')])) === 'ok', 'the first append was fenced');
    for (const expected of [0, 1, 3, 2 ** 40]) {
      check((await store.append('1', expected, [line('no')])) === 'fenced', `${expected} was not fenced`);
    }
    check((await store.append('2', 1, [line('no')])) === 'fenced', 'a new id was not fenced');
    check((await store.load('2')) === undefined, 'a fenced append has created the id');
    same(await store.load('1'), numbered(1, [line('a'), line('b')]));
    check((await store.append('1', 2, [line('c')])) === 'ok', 'the next append was fenced');
  }),

  contract('answers an append of nothing by its number alone', async ({ store }) => {
    check((await store.append('1', 0, [])) === 'ok', 'it was fenced');
    check((await store.load('1')) === undefined, 'an append of nothing has created the id');
    check((await store.append('1', 1, [])) === 'fenced', 'it was not fenced');
  }),

  contract('lets one of many appends with one expected number through', async ({ store }) => {
    for (let round = 0, last = 0; round < 20; round += 1) {
      const tries = Array.from({ length: 8 }, (_, at) => [line(`${round}.${at}`), line('and')]);
      const answers = await Promise.all(tries.map((entries) => store.append('1', last, entries)));
      const won = answers.flatMap((answer, at) => (answer === 'ok' ? [at] : []));
      check(won.length === 1, `${won.length} of 8 resolved with ok`);
      const stored = await store.load('1');
      same(stored && { ...stored, entries: stored.entries.slice(last) }, numbered(last + 1, tries[won[0]!]!));
      last += 2;
    }
  }),

  contract('keeps ids apart, and takes appends to many of them at once', async ({ store }) => {
    const ids = Array.from({ length: 100 }, (_, at) => `board ${at}`);
    const answers = await Promise.all(ids.map((id) => store.append(id, 0, [line(id), line('and')])));
    check(
      answers.every((answer) => answer === 'ok'),
      'one was fenced by another id',
    );
    for (const id of ids) same(await store.load(id), numbered(1, [line(id), line('and')]));
  }),

  contract('takes any id and any line as they are', async ({ store, reopen }) => {
    const lines = [...TEXTS, LONGEST_LINE].map(line);
    for (const id of TEXTS) {
      check((await store.append(id, 0, [line(id), ...lines])) === 'ok', `${JSON.stringify(id)} was fenced`);
    }
    await store.close();
    const again = await reopen();
    for (const id of TEXTS) same(await again.load(id), numbered(1, [line(id), ...lines]));
    check(equal((await collect(again)).sort(), [...TEXTS].sort()), 'ids() has returned other ids');
    for (const id of TEXTS.slice(1)) await again.trim(id, 1000);
    same(await again.load(TEXTS[0]!), numbered(1, [line(TEXTS[0]!), ...lines]));
    await again.close();
  }),

  contract('refuses an id that cannot be kept', async ({ store }) => {
    for (const id of ['', '\ud800', 'a\udc00b']) {
      await rejects(store.append(id, 0, [line('a')]), UsageError, `an append to ${JSON.stringify(id)}`);
    }
  }),

  contract('takes the entries as they are when append is called', async ({ store }) => {
    const snapshot = { lines: ['a'] };
    const entries: Entry[] = [{ kind: 'checkpoint', owner: 'ff', snapshot }];
    const appended = store.append('1', 0, entries);
    snapshot.lines.push('b');
    entries.push(line('c'));
    check((await appended) === 'ok', 'it was fenced');
    same(
      await store.load('1'),
      numbered(1, [{ kind: 'checkpoint', owner: 'ff', snapshot: { lines: ['a'] } }]),
    );
  }),

  contract('loads from the last checkpoint on', async ({ store, reopen }) => {
    const after = [checkpoint('two'), line('d')];
    await store.append('1', 0, [line('a'), checkpoint('one'), line('b')]);
    same(await store.load('1'), numbered(2, [checkpoint('one'), line('b')]));
    await store.append('1', 3, [checkpoint('passed over'), line('c'), ...after]);
    same(await store.load('1'), numbered(6, after));
    await store.close();
    const again = await reopen();
    same(await again.load('1'), numbered(6, after));
    await again.trim('1', 6);
    same(await again.load('1'), numbered(6, after));
    await again.close();
  }),

  contract(
    'trims entries that are not needed any more, and keeps the last number',
    async ({ store, reopen }) => {
      const all = ['a', 'b', 'c', 'd'].map(line);
      await store.append('1', 0, all);
      await store.append('2', 0, all);
      await store.trim('1', 3);
      same(await store.load('1'), numbered(3, all.slice(2)));
      await store.trim('1', 2);
      same(await store.load('1'), numbered(3, all.slice(2)));
      await store.trim('1', 1000);
      same(await store.load('1'), { last: 4, entries: [] });
      await store.close();
      const again = await reopen();
      same(await again.load('1'), { last: 4, entries: [] });
      same(await again.load('2'), numbered(1, all));
      check((await again.append('1', 0, [line('no')])) === 'fenced', 'the fence was trimmed');
      check((await again.append('1', 4, [line('e')])) === 'ok', 'the next append was fenced');
      same(await again.load('1'), numbered(5, [line('e')]));
      check(equal((await collect(again)).sort(), ['1', '2']), 'ids() has returned other ids');
      await again.close();
    },
  ),

  contract('reads from any number on, what is before a checkpoint too', async ({ store, reopen }) => {
    const all = [line('a'), line('b'), checkpoint('one'), line('c'), checkpoint('two'), line('d')];
    await store.append('1', 0, all);
    await store.append('2', 0, [line('another')]);
    for (const from of [0, 1, 2, 6]) {
      same(await readAll(store, '1', from), numbered(Math.max(from, 1), all.slice(Math.max(from - 1, 0))));
    }
    for (const [id, from] of [
      ['1', 7],
      ['3', 1],
    ] as const) {
      check(
        (await readAll(store, id, from)).entries.length === 0,
        `read has returned entries of ${id} from ${from} on`,
      );
    }
    await store.trim('1', 3);
    same(await readAll(store, '1', 1), numbered(3, all.slice(2)));
    await store.close();
    const again = await reopen();
    same(await readAll(again, '1', 1), numbered(3, all.slice(2)));
    same(await again.load('1'), numbered(5, all.slice(4)));
    await again.close();
  }),

  contract('reads a long log, and stops when the reader has enough', async ({ store }) => {
    const all = Array.from({ length: 3000 }, (_, at) => line(`${at}`));
    await store.append('1', 0, all);
    same(await readAll(store, '1', 2), numbered(2, all.slice(1)));
    for await (const [sequence] of store.read('1', 1500)) {
      // A log may be trimmed, and appended to, while it is read.
      if (sequence === 1500)
        await Promise.all([store.trim('1', 1500), store.append('1', 3000, [line('more')])]);
      if (sequence === 2000) break;
    }
    same(await readAll(store, '1', 1), numbered(1500, [...all.slice(1499), line('more')]));
  }),

  contract('trims a long log while others are appended to', async ({ store }) => {
    const all = Array.from({ length: 5000 }, (_, at) => line(`${at}`));
    await store.append('1', 0, all);
    const trimmed = store.trim('1', 5000);
    for (let at = 0; at < 20; at += 1) {
      check((await store.append('2', at, [line(`${at}`)])) === 'ok', 'an append to another id was fenced');
    }
    check((await store.append('1', 5000, [line('more')])) === 'ok', 'an append to this id was fenced');
    await trimmed;
    same(await store.load('1'), numbered(5000, [all[4999]!, line('more')]));
  }),

  contract('gives each id once', async ({ store }) => {
    const ids = Array.from({ length: 50 }, (_, at) => `board ${at}`);
    for (const id of ids) await store.append(id, 0, [line('a')]);
    for (const id of ids) await store.append(id, 1, [line('b')]);
    check(equal((await collect(store)).sort(), ids.sort()), 'ids() has returned other ids');
  }),

  contract('settles what is in flight when it is closed, and keeps what has resolved', async (made) => {
    const { store, reopen } = made;
    const ids = Array.from({ length: 30 }, (_, at) => `board ${at}`);
    const appends = ids.map((id) => store.append(id, 0, [line(id), line('and')]));
    const closed = store.close();
    const answers = await Promise.allSettled(appends);
    await closed;
    const again = await reopen();
    for (const [at, answer] of answers.entries()) {
      const stored = await again.load(ids[at]!);
      const whole = numbered(1, [line(ids[at]!), line('and')]);
      if (answer.status === 'fulfilled') same(stored, whole);
      else if (stored !== undefined) same(stored, whole);
    }
    await again.close();
  }),

  contract('rejects what is called after close, and may be closed again', async ({ store }) => {
    await store.append('1', 0, [line('a')]);
    await Promise.all([store.close(), store.close()]);
    await rejects(store.load('1'), ClosedError, 'load');
    await rejects(store.append('1', 1, [line('b')]), ClosedError, 'append');
    await rejects(readAll(store, '1', 1), ClosedError, 'read');
    await rejects(store.trim('1', 1), ClosedError, 'trim');
    await rejects(collect(store), ClosedError, 'ids');
    await store.close();
  }),
];

function contract(name: string, body: (made: StoreUnderTest) => Promise<void>): StoreContractCase {
  return {
    name,
    async run(makeStore) {
      const made = await makeStore();
      try {
        await body(made);
      } finally {
        await made.store.close();
      }
    },
  };
}

const EVERY_KIND: readonly Entry[] = [
  { kind: 'owner', epoch: '00112233aabbccdd', node: 'server-1 4711' },
  {
    kind: 'in',
    version: 1,
    id: 255,
    fingerprint: 2 ** 52 + 1,
    link: 3,
    restarted: true,
    zero: 'waited',
    line: 'a',
    at: 1.8e12,
  },
  { kind: 'again', id: 255, link: 4, zero: 'waited' },
  { kind: 'in', version: 2, epoch: 'ff', number: 2 ** 53 - 1, line: 'b', at: 1.8e12 },
  { kind: 'in', version: 2, epoch: 'ff', number: 1, line: null, at: 0 },
  { kind: 'done', in: 2 },
  { kind: 'out', ticket: 0, line: 'c', qos: true, wait: false },
  { kind: 'out', ticket: 1, line: 'd', qos: false, wait: true },
  { kind: 'sent', version: 1, number: 0, ticket: 0 },
  { kind: 'renumbered', epoch: 'ab' },
  { kind: 'withdrawn', ticket: 1 },
  { kind: 'acked', version: 2, number: 1 },
];

function line(text: string): Entry {
  return { kind: 'in', version: 2, epoch: 'ff', number: 1, line: text, at: 0 };
}

function checkpoint(name: string): Entry {
  return { kind: 'checkpoint', owner: 'ff', snapshot: { name, list: [1, null, { deep: 'é' }], none: {} } };
}

/** The stored session that has these entries, of which the first has the number `first`. */
function numbered(first: number, entries: readonly Entry[]): StoredSession {
  return {
    last: first + entries.length - 1,
    entries: entries.map((entry, at) => [first + at, entry]),
  };
}

/** Reads all entries from this number on, and the number of the last one. */
async function readAll(store: SessionStore, id: string, from: number): Promise<StoredSession> {
  const entries: (readonly [sequence: number, entry: Entry])[] = [];
  for await (const entry of store.read(id, from)) entries.push(entry);
  return { last: entries.at(-1)?.[0] ?? 0, entries };
}

async function collect(store: SessionStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of store.ids()) ids.push(id);
  return ids;
}

async function rejects(
  call: Promise<unknown>,
  kind: new (...args: never[]) => Error,
  what: string,
): Promise<void> {
  const outcome = await call.then(
    () => 'it resolved',
    (error: unknown) => error,
  );
  check(outcome instanceof kind, `${what} should have rejected with ${kind.name}: ${String(outcome)}`);
}

function same(actual: StoredSession | undefined, expected: StoredSession): void {
  if (equal(actual, expected)) return;
  const shown = (stored: StoredSession | undefined): string =>
    (JSON.stringify(stored) as string | undefined)?.slice(0, 500) ?? 'nothing';
  throw new Error(`stored is ${shown(actual)} and not ${shown(expected)}`);
}

/** True when both are the same data. The order of the fields does not matter. */
function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  const at = (from: object, key: string): unknown => (from as Record<string, unknown>)[key];
  return keys.length === others.length && keys.every((key) => key in b && equal(at(a, key), at(b, key)));
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
