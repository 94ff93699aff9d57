import { Session, type Window } from '@iot/qos';
import { Connection, Pump, type OfflineOptions, type SessionStore } from '../src/index.js';
import { LoadedSession, offlineSettings, storedPump } from '../src/internal/index.js';
import { memoryPair } from '../src/testing/index.js';
import { afterHello } from './after-hello.js';
import { settle, VirtualClock } from './virtual-clock.js';

export interface WorldOptions {
  readonly offline: OfflineOptions;
  /** Default: the client keeps its lines in memory. */
  readonly store?: SessionStore | undefined;
  /** How much of the lines that wait is in memory, with a store. Default: all. */
  readonly window?: Window | undefined;
  /** Default 1000. */
  readonly maxLineBytes?: number | undefined;
  /** How many unread lines the server takes. Default: as a session. */
  readonly maxUnreadLines?: number | undefined;
  /** Default: one of its own. */
  readonly clock?: VirtualClock | undefined;
}

/** A client and a server in one virtual time; the client's process can be started again where it has a store. */
export class World {
  readonly clock: VirtualClock;
  readonly received: string[] = [];
  readonly #options: WorldOptions;
  readonly #server: Pump;
  #epochs = 0;
  client!: Connection;
  pump!: Pump;

  private constructor(options: WorldOptions) {
    this.clock = options.clock ?? new VirtualClock();
    this.#options = options;
    const { maxUnreadLines } = options;
    const session = new Session({ role: 'server', drawEpoch: this.#drawEpoch, maxUnreadLines });
    this.#server = new Pump(session, this.clock);
    const server = new Connection(this.#server, { id: 'board', maxUnsentLines: 1024 });
    void (async () => {
      for await (const line of server) this.received.push(line);
    })();
  }

  static async start(options: WorldOptions): Promise<World> {
    const world = new World(options);
    await world.startClient(options.store);
    return world;
  }

  /** The first process of the client, or the next one. */
  async startClient(store: SessionStore | undefined): Promise<void> {
    const session = { role: 'client', id: 'board', drawEpoch: this.#drawEpoch } as const;
    if (store === undefined) this.pump = new Pump(new Session(session), this.clock);
    else {
      const loaded = await LoadedSession.load({ store, id: 'board', closeTimeoutMs: 0 });
      this.pump = storedPump(session, loaded, this.clock, this.#options.window);
    }
    const offline = offlineSettings(this.#options.offline, this.#options.maxLineBytes ?? 1000);
    this.client = new Connection(this.pump, { id: 'board', maxUnsentLines: 1, offline });
    // As the engine of a client does that has loaded its session.
    this.pump.wake();
  }

  link(): void {
    const [near, far] = memoryPair({ clock: this.clock, delayMs: 5 });
    this.pump.attach(near);
    this.#server.attach(afterHello(far));
  }

  cut(): void {
    for (const pump of [this.pump, this.#server]) pump.detach();
  }

  /** Lines that the client has: in its session, its store only, and in writes that wait. */
  get held(): number {
    const { session } = this.pump;
    const inOrder = session.unsent() + session.unsent({ wait: false }) - session.shelved.lines;
    const unsent = inOrder + session.unsent({ wait: false, newestFirst: true });
    return Math.max(unsent, this.client.pendingWrites);
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
