/** A sensor with a line a second through an outage of a day, in virtual time: what it holds, and what arrives afterwards. */
import { Session } from '@iot/qos';
import { describe, expect, it } from 'vitest';
import {
  Connection,
  memoryStore,
  Pump,
  type OfflineOptions,
  type SessionStore,
  type WriteOptions,
} from '../src/index.js';
import { LoadedSession, offlineSettings, storedPump } from '../src/internal/index.js';
import { memoryPair } from '../src/testing/index.js';
import { behindHello } from './behind-hello.js';
import { noUnhandledRejections } from './guard.js';
import { settle, VirtualClock } from './virtual-clock.js';

noUnhandledRejections();

const DAY = 86_400;
const MAX_LINES = 3600;
const MAX_BYTES = 100_000;
const KEYS = 700;

const lineOf = (second: number) => `${second} ${'x'.repeat(second % 50)}`;
const keyOf = (second: number) => `key ${second % KEYS}`;

/** The seconds before the outage. */
const before = Array.from({ length: 10 }, (_, second) => second);

/** A client and a server in one virtual time; the client's process can be started again where it has a store. */
class World {
  readonly clock = new VirtualClock();
  readonly received: string[] = [];
  readonly #store: SessionStore | undefined;
  readonly #offline: OfflineOptions;
  readonly #server: Pump;
  #epochs = 0;
  client!: Connection;
  pump!: Pump;

  private constructor(offline: OfflineOptions, store?: SessionStore) {
    this.#offline = offline;
    this.#store = store;
    this.#server = new Pump(new Session({ role: 'server', drawEpoch: this.#drawEpoch }), this.clock);
    const server = new Connection(this.#server, { id: 'board', maxUnsentLines: 1024 });
    void (async () => {
      for await (const line of server) this.received.push(line);
    })();
  }

  static async start(offline: OfflineOptions, store?: SessionStore): Promise<World> {
    const world = new World(offline, store);
    await world.startClient();
    return world;
  }

  async startClient(): Promise<void> {
    const session = { role: 'client', id: 'board', drawEpoch: this.#drawEpoch } as const;
    const options = { store: this.#store!, id: 'board', closeTimeoutMs: 0 };
    this.pump =
      this.#store === undefined
        ? new Pump(new Session(session), this.clock)
        : storedPump(session, await LoadedSession.load(options), this.clock);
    const offline = offlineSettings(this.#offline, 1000);
    this.client = new Connection(this.pump, { id: 'board', maxUnsentLines: 1, offline });
  }

  link(): void {
    const [near, far] = memoryPair({ clock: this.clock, delayMs: 5 });
    this.pump.attach(near);
    this.#server.attach(behindHello(far));
  }

  cut(): void {
    for (const pump of [this.pump, this.#server]) pump.detach();
  }

  /** Lines that the client holds: in its session, and in writes that wait. */
  get held(): number {
    const { session } = this.pump;
    const queued = session.unsent() + session.unsent({ wait: false });
    return Math.max(queued, this.client.pendingWrites);
  }

  /** A write each second; promises settle once a minute. */
  async seconds(from: number, to: number, write: (second: number) => void): Promise<void> {
    for (let second = from; second < to; second++) {
      write(second);
      const end = this.clock.now() + 1000;
      if (second % 60 === 0) await settle();
      while (this.clock.step(end));
      this.clock.jump(end - this.clock.now());
    }
    await settle();
  }

  readonly #drawEpoch = (): string => (this.#epochs++).toString(16).padStart(16, '0');
}

/** What the limits let through, over a plain list of seconds. */
function expected(when: OfflineOptions['when'], from: number, to: number): number[] {
  const held: number[] = [];
  const bytes = (seconds: number[]) => seconds.reduce((sum, second) => sum + lineOf(second).length, 0);
  let used = 0;
  for (let second = from; second < to; second++) {
    const drop = (index: number) => (used -= bytes(held.splice(index, 1)));
    const same = when === 'keep-latest-per-key' ? held.findIndex((it) => keyOf(it) === keyOf(second)) : -1;
    if (same >= 0) drop(same);
    const full = () => held.length >= MAX_LINES || used + lineOf(second).length > MAX_BYTES;
    while (full() && when === 'drop-oldest') drop(0);
    // A program that awaits its writes has stopped at the first line that did not fit.
    if (full() && when === 'wait') return [...held, second];
    if (full()) continue;
    held.push(second);
    used += bytes([second]);
  }
  return held;
}

/** Ten seconds with a link, a day without it, and again some with it; the seconds whose lines have arrived. */
async function aDay(world: World, options: WriteOptions, atNoon?: () => Promise<void>): Promise<number[]> {
  let most = 0;
  const write = (second: number) => {
    // Where a write waits, the program waits for it.
    const { session } = world.pump;
    if (options.until === undefined && world.client.pendingWrites > session.unsent() + session.unacked)
      return;
    world.client.write(lineOf(second), { ...options, key: keyOf(second) }).catch(() => undefined);
    most = Math.max(most, world.held);
  };
  world.link();
  for (const second of before) {
    await world.clock.advance(1000);
    write(second);
  }
  await world.clock.advance(1000);
  world.cut();
  await world.seconds(10, DAY / 2, write);
  await atNoon?.();
  await world.seconds(DAY / 2, DAY, write);
  expect(most).toBeLessThanOrEqual(MAX_LINES + 1);
  world.link();
  while (world.held > 0 || world.pump.session.unacked > 0) await world.clock.advance(1000);
  return world.received.map((line) => Number(line.split(' ')[0]));
}

const limits = { maxLines: MAX_LINES, maxBytes: MAX_BYTES };

describe('an outage of a day with a line a second', () => {
  it.each(['wait', 'reject', 'drop-newest', 'drop-oldest', 'keep-latest-per-key'] as const)(
    'with %s holds no more than the limits, and delivers in order what they let through',
    async (when) => {
      const world = await World.start({ ...limits, when });
      const arrived = await aDay(world, {});
      const held = expected(when, 10, DAY);
      expect(held.length).toBeGreaterThanOrEqual(KEYS);
      expect(arrived).toEqual([...before, ...held]);
      const dropped = when === 'wait' || when === 'reject' ? 0 : DAY - 10 - held.length;
      expect(world.client.stats).toMatchObject({ dropped, expired: 0 });
    },
    120_000,
  );

  it('with lines that expire after half an hour, delivers those of the last one', async () => {
    const world = await World.start({ maxLines: DAY, expiresInMs: 1_800_000, when: 'reject' });
    const arrived = await aDay(world, {});
    const held = Array.from({ length: 1800 }, (_, index) => DAY - 1799 + index).filter((it) => it < DAY);
    expect(arrived).toEqual([...before, ...held]);
    expect(world.client.stats).toMatchObject({ dropped: 0, expired: DAY - 10 - held.length });
  }, 120_000);

  it('with a store, and another process from noon on, does the same, and the store does not grow', async () => {
    const store = memoryStore();
    const world = await World.start({ ...limits, when: 'drop-oldest' }, store);
    const arrived = await aDay(world, { until: 'stored' }, async () => {
      await world.client.close();
      await world.startClient();
    });
    expect(arrived).toEqual([...before, ...expected('drop-oldest', 10, DAY)]);
    const stored = await store.load('board');
    expect(stored?.entries.length).toBeLessThan(256 + 5 * MAX_LINES);
  }, 120_000);
});
