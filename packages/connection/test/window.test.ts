/** Lines that wait, with a window of them in memory and all of them in a store: what becomes of them is the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreError, memoryStore, type SessionStore } from '../src/index.js';
import { WHEN_FULL } from '../src/backlog.js';
import { noUnhandledRejections } from './guard.js';
import { World } from './offline-world.js';
import { settle } from './virtual-clock.js';

noUnhandledRejections();

interface Limits {
  readonly when: (typeof WHEN_FULL)[number];
  readonly order: 'oldest-first' | 'newest-first';
  readonly maxLines: number;
  readonly maxBytes: number;
  readonly expiresInMs: number | undefined;
}

interface Line {
  readonly text: string;
  readonly wait: boolean;
  readonly key: string | undefined;
  readonly expiresAt: number;
}

/** The policies over a plain list. */
class Model {
  held: Line[] = [];
  waiting: Line[] = [];

  constructor(readonly limits: Limits) {}

  write(line: Line): void {
    if (this.waiting.length > 0 || !this.#take(line)) this.waiting.push(line);
  }

  /** Lines expire one after the other, and those that wait take their place. */
  now(time: number): void {
    const due = [...this.held, ...this.waiting].sort((a, b) => a.expiresAt - b.expiresAt)[0];
    if (due === undefined || due.expiresAt > time) return;
    this.held = this.held.filter((line) => line !== due);
    this.waiting = this.waiting.filter((line) => line !== due);
    while (this.waiting[0] !== undefined && this.#take(this.waiting[0])) this.waiting.shift();
    this.now(time);
  }

  /** Another process: what waited is lost, keys are not known, and times begin again. */
  restart(expiresAt: number): void {
    this.held = this.held.map(({ text, wait }) => ({ text, wait, key: undefined, expiresAt }));
    this.waiting = [];
  }

  /** What arrives: where the newest goes first, it is only the order of each kind that matters. */
  arrives(): readonly (readonly string[])[] {
    const lines = [...this.held, ...this.waiting];
    if (this.limits.order === 'oldest-first') return [texts(lines)];
    const others = texts(lines.filter(({ wait }) => !wait)).reverse();
    // One that waits until another is sent may go before those that are older.
    return [texts(lines.filter(({ wait }) => wait)), this.waiting.length > 0 ? others.sort() : others];
  }

  #take(line: Line): boolean {
    const { when, maxLines, maxBytes } = this.limits;
    const isSame = ({ key }: Line) => key !== undefined && key === line.key;
    if (when === 'keep-latest-per-key') this.held = this.held.filter((it) => !isSame(it));
    const bytes = () => this.held.reduce((sum, { text }) => sum + text.length, line.text.length);
    const full = () => this.held.length >= maxLines || bytes() > maxBytes;
    if (full() && when === 'wait') return false;
    while (full() && (when === 'drop-oldest' || when === 'keep-latest-per-key')) this.held.shift();
    if (!full()) this.held.push(line);
    return true;
  }
}

const texts = (lines: readonly Line[]) => lines.map(({ text }) => text);

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      letters: fc.integer({ min: 0, max: 20 }),
      key: fc.constantFrom(undefined, 'a', 'b', 'c'),
      wait: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ passMs: fc.constantFrom(100, 200, 500) }) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
);

const window = fc.record({
  lines: fc.integer({ min: 1, max: 4 }),
  characters: fc.integer({ min: 5, max: 60 }),
});

describe('lines of which a window is in memory', () => {
  it.each(WHEN_FULL)('with %s are those that a plain list would have, whatever happens', async (when) => {
    const limits = fc.record({
      maxLines: fc.integer({ min: 1, max: 12 }),
      maxBytes: fc.integer({ min: 100, max: 300 }),
      expiresInMs: fc.constantFrom(undefined, 150, 550, 1050),
      order: fc.constantFrom('oldest-first' as const, 'newest-first' as const),
    });
    await fc.assert(
      fc.asyncProperty(limits, window, fc.array(step, { maxLength: 60 }), async (max, ofMemory, steps) => {
        const store = memoryStore();
        const offline = { ...max, when };
        const world = await World.start({ offline, store, window: ofMemory, maxLineBytes: 100 });
        const model = new Model(offline);
        const ordered = new Set<string>();
        // Each kind of lines has its own.
        const most = ofMemory.lines * (max.order === 'newest-first' ? 2 : 1);
        const lifetime = max.expiresInMs ?? Infinity;
        for (const [number, it] of steps.entries()) {
          if (it === 'restart') {
            await world.client.close();
            await world.startClient(store);
            model.restart(world.clock.now() + lifetime);
          } else if ('passMs' in it) {
            await world.clock.advance(it.passMs);
            model.now(world.clock.now());
          } else {
            const text = `${number} ${'x'.repeat(it.letters)}`;
            void world.client.write(text, { until: 'stored', key: it.key, wait: it.wait });
            model.write({ text, wait: it.wait, key: it.key, expiresAt: world.clock.now() + lifetime });
            if (it.wait) ordered.add(text);
          }
          await settle();
          expect(world.pump.session.unsentLines().length).toBeLessThanOrEqual(most);
        }
        expect(world.pump.session.openLines).toBe(model.held.length);
        const waited = model.waiting.length > 0;
        world.link();
        await world.clock.advance(30);
        const others = world.received.filter((text) => !ordered.has(text));
        const received =
          max.order === 'oldest-first'
            ? [world.received]
            : [world.received.filter((text) => ordered.has(text)), waited ? others.sort() : others];
        expect(received).toEqual(model.arrives());
        await world.client.close();
      }),
      { numRuns: 100 },
    );
  });
});

describe('a store that cannot be read', () => {
  /** Twenty lines in an outage, of which two are in memory; `read` of the store is this one then. */
  async function outage(read: (store: SessionStore) => SessionStore['read']) {
    const inner = memoryStore();
    const store: SessionStore = {
      load: (id) => inner.load(id),
      append: (id, expected, entries) => inner.append(id, expected, entries),
      read: (id, from) => read(inner)(id, from),
      trim: (id, before) => inner.trim(id, before),
      ids: () => inner.ids(),
      close: () => inner.close(),
    };
    const world = await World.start({ offline: {}, store, window: { lines: 2, characters: 1000 } });
    const lines = Array.from({ length: 20 }, (_, n) => `line ${n}`);
    await Promise.all(lines.map((line) => world.client.write(line, { until: 'stored' })));
    world.link();
    return { world, lines };
  }

  it('is read again after a pause, and no line is lost or doubled', async () => {
    let fails = 5;
    const { world, lines } = await outage(
      (store) =>
        async function* (id, from) {
          for await (const entry of store.read(id, from)) {
            // In the middle of a reading too.
            if (entry[0] % 3 === 0 && fails-- > 0)
              throw new StoreError('ERR_STORE_FAILED', 'no file can be opened');
            yield entry;
          }
        },
    );
    await world.clock.advance(10_000);
    expect(world.received).toEqual(lines);
  });

  it.each([
    ['says that it is damaged', () => new StoreError('ERR_STORE_DAMAGED', 'entry 7 is missing')],
    ['has nothing of what it had stored', () => undefined],
  ])('for good, since it %s, ends the connection over it', async (_, error) => {
    const { world } = await outage(
      () =>
        // eslint-disable-next-line require-yield -- it never has any
        async function* () {
          await settle();
          const failure = error();
          if (failure !== undefined) throw failure;
        },
    );
    await world.clock.advance(1000);
    expect(await world.client.closed).toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    expect(world.received).toEqual(['line 0', 'line 1']);
  });
});
