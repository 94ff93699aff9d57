/** The clients that have come, one connection for each id, and those who wait for one to come. */
import {
  Connection,
  drawEpoch,
  Pump,
  type Clock,
  type ConnectionOptions,
  type Logger,
  type SessionEvent,
} from '@iot/connection';
import {
  forgetStored,
  LinkLog,
  settlesWithin,
  storedPump,
  Waiters,
  type Emitter,
  type LoadedSession,
} from '@iot/connection/internal';
import { Session, type LinkEnd, type SessionSettings } from '@iot/qos';
import { sessionSettings, UnreadTotal } from '@iot/qos/internal';
import type { ServerEvents } from './events.js';
import { SessionExpiry } from './session-expiry.js';
import type { ListenSettings } from './options.js';
import { whyOf } from './why.js';

/** A server that is closed is taken to be back after this time, and its clients come over a millisecond each, at most this. */
const BACK_AFTER_MS = 500;
const LONGEST_SPREAD_MS = 4500;

/** A client: its connection, the pump that drives it, and what the connection asks for. */
export class Member implements ConnectionOptions {
  readonly id: string;
  readonly pump: Pump;
  readonly connection: Connection;
  /** How many sockets were accepted before the one of its link. */
  accepted = 0;
  /** It has been reported to the application. */
  announced = false;
  readonly #settings: ListenSettings;
  readonly #registry: MemberRegistry;
  /** `up` has been emitted. */
  #toldUp = false;

  constructor(id: string, pump: Pump, settings: ListenSettings, registry: MemberRegistry) {
    this.id = id;
    this.pump = pump;
    this.#settings = settings;
    this.#registry = registry;
    this.connection = new Connection(pump, this);
  }

  get maxUnsentLines(): number {
    return this.#settings.maxUnsentLines;
  }

  get maxLinesPerSecond(): number | undefined {
    return this.#settings.maxLinesPerSecond;
  }

  get maxBytesPerSecond(): number | undefined {
    return this.#settings.maxBytesPerSecond;
  }

  get closeTimeoutMs(): number {
    return this.#settings.closeTimeoutMs;
  }

  get logger(): Logger | undefined {
    return this.#settings.logger;
  }

  release(): void {
    this.#registry.closed(this.id);
    // What the session says after the close is not observed.
    this.#tellDown('closed');
    this.#events.emit('gone', this.connection);
  }

  observe(event: SessionEvent): void {
    switch (event.type) {
      case 'up':
        this.#toldUp = true;
        return this.#events.emit('up', this.connection);
      case 'down':
        this.#registry.down(this.id);
        return this.#tellDown(event.reason, event.told?.text);
      case 'peer-error':
        return this.#events.emit('peerError', this.connection, event.error);
      case 'settled':
      case 'protocol':
      case 'keepalive':
        return;
    }
  }

  /** Undefined while nothing listens to the event `line`, so that a line then costs no promise and no date. */
  get observeLine(): ConnectionOptions['observeLine'] {
    if (!this.#events.isHeard('line')) return undefined;
    return (direction, text, ended, receivedAt) =>
      this.#events.emit('line', this.connection, direction, text, ended, ...(receivedAt ? [receivedAt] : []));
  }

  observeAck(ms: number): void {
    if (this.#events.isHeard('acked')) this.#events.emit('acked', this.connection, ms);
  }

  get #events(): Emitter<ServerEvents> {
    return this.#registry.events;
  }

  #tellDown(reason: LinkEnd, told?: string): void {
    if (!this.#toldUp) return;
    this.#toldUp = false;
    this.#events.emit('down', this.connection, reason, ...(told === undefined ? [] : [told]));
  }
}

interface MemberRegistry {
  readonly events: Emitter<ServerEvents>;
  closed(id: string): void;
  down(id: string): void;
}

export class Registry {
  readonly events: Emitter<ServerEvents>;
  readonly #settings: ListenSettings;
  readonly #sessions: SessionSettings;
  readonly #clock: Clock;
  readonly #members = new Map<string, Member>();
  readonly #awaited = new Map<string, Waiters<Connection>>();
  readonly #expiry: SessionExpiry;
  /** What is being closed or forgotten in the store, by id. */
  readonly #ending = new Map<string, Promise<unknown>>();

  /** @param events where its clients' events are emitted */
  constructor(settings: ListenSettings, clock: Clock, events: Emitter<ServerEvents>) {
    this.events = events;
    this.#settings = settings;
    this.#clock = clock;
    this.#sessions = sessionSettings({
      ...settings,
      drawEpoch,
      dateNow: Date.now,
      unreadTotal: new UnreadTotal(settings.maxTotalUnreadBytes, tooMuchUnread(settings, clock)),
    });
    this.#expiry = new SessionExpiry(clock, settings.forgetAfterMs, (id) => this.#forget(id));
  }

  /** True when a client that is neither known nor expected can still be taken in. */
  get hasSpace(): boolean {
    return this.#members.size < this.#settings.maxSessions;
  }

  get(id: string): Member | undefined {
    return this.#members.get(id);
  }

  connections(): Connection[] {
    return Array.from(this.#members.values(), ({ connection }) => connection);
  }

  /**
   * A client's session, new or as it was stored; it stays until its connection is closed.
   *
   * @throws StoreError `ERR_STORE_DAMAGED` when what is stored is no session
   */
  add(id: string, loaded?: LoadedSession): Member {
    const pump = loaded
      ? storedPump(this.#sessions, loaded, this.#clock)
      : new Pump(new Session(this.#sessions), this.#clock);
    const member = new Member(id, pump, this.#settings, this);
    this.#members.set(id, member);
    return member;
  }

  /** The sessions that an earlier process has left, which are down. */
  restore(sessions: readonly LoadedSession[]): Member[] {
    return sessions.map((loaded) => {
      const member = this.add(loaded.options.id, loaded);
      this.down(member.id);
      return member;
    });
  }

  /** Ends a client's session, also one that is only stored. False when there is none. */
  forget(id: string): Promise<boolean> {
    const forgotten = this.#forgetStored(id);
    this.#ends(id, forgotten);
    return forgotten;
  }

  /** True while a session of this id is being closed or forgotten: what is stored of it changes. */
  isEnding(id: string): boolean {
    return this.#ending.has(id);
  }

  /** Resolves when that is over, however. */
  async ended(id: string): Promise<void> {
    await this.#ending.get(id);
  }

  #ends(id: string, end: Promise<unknown>): void {
    const all = Promise.allSettled([this.#ending.get(id), end]).then(() => {
      if (this.#ending.get(id) === all) this.#ending.delete(id);
    });
    this.#ending.set(id, all);
  }

  async #forgetStored(id: string): Promise<boolean> {
    const member = this.#members.get(id);
    await member?.connection.close();
    const { store, logger, closeTimeoutMs } = this.#settings;
    const stored = store !== undefined && (await forgetStored({ store, id, logger, closeTimeoutMs }));
    return stored || member !== undefined;
  }

  /** The client's link has ended. */
  down(id: string): void {
    if (!this.#settings.expected.has(id)) this.#expiry.down(id);
  }

  /** The client's connection is closed: its session is over. */
  closed(id: string): void {
    const member = this.#members.get(id);
    if (member !== undefined) {
      member.pump.session.leaveTotal();
      this.#ends(id, member.connection.close());
    }
    this.#members.delete(id);
    this.#expiry.release(id);
  }

  /** The client has come, and has a link: resolves what waits for it. */
  linked({ connection, pump }: Member): void {
    // What came with the hello may have ended the link already.
    if (pump.session.linkOpen) this.#expiry.release(connection.id);
    this.#awaited.get(connection.id)?.resolveAll(connection);
  }

  /** The connection of this id, now or once the client has come. */
  async appeared(id: string, signal: AbortSignal | undefined): Promise<Connection> {
    const member = this.#members.get(id);
    if (member !== undefined) return member.connection;
    const waiters = this.#awaited.get(id) ?? new Waiters<Connection>();
    this.#awaited.set(id, waiters);
    try {
      return await waiters.wait(signal);
    } finally {
      if (waiters.size === 0 && this.#awaited.get(id) === waiters) this.#awaited.delete(id);
    }
  }

  /** Resolves when the writes made so far have settled, but for those to clients that are down or go down meanwhile. */
  async drained(signal: AbortSignal): Promise<void> {
    const up = this.connections().filter(({ status }) => status);
    await Promise.all(up.map((it) => Promise.race([it.drain({ signal }), it.once('state', { signal })])));
  }

  /** Closes every connection; those who wait get the error. */
  async close(error: Error): Promise<void> {
    this.#expiry.stop();
    for (const waiters of this.#awaited.values()) waiters.rejectAll(error);
    const members = [...this.#members.values()];
    // Clients that come back all at once would be a storm for a server that starts again.
    const spreadMs = Math.min(LONGEST_SPREAD_MS, members.length);
    members.forEach(({ pump }, at) => pump.willBeBack(BACK_AFTER_MS + (spreadMs * at) / members.length));
    for (const { connection } of members) void connection.close();
    // Also of those that were closed or forgotten before. The store may not answer.
    await settlesWithin(this.#clock, this.#settings.closeTimeoutMs, Promise.all(this.#ending.values()));
  }

  /** False when the client is still needed. */
  #forget(id: string): boolean {
    const member = this.#members.get(id);
    // An earlier process may have left lines that nothing here waits for.
    const isOpen = member !== undefined && (member.connection.inUse || member.pump.session.openLines > 0);
    if (isOpen) return false;
    this.forget(id).catch((error: unknown) => {
      const why = whyOf(error);
      new LinkLog(this.#settings.logger, id).write('warn', 'a client could not be forgotten in the store', {
        why,
      });
    });
    return true;
  }
}

/** Once a minute at most: it goes on for as long as the program does not read. */
function tooMuchUnread({ logger, maxTotalUnreadBytes }: ListenSettings, clock: Clock): () => void {
  let saidAt = -Infinity;
  return () => {
    if (clock.now() < saidAt + 60_000) return;
    saidAt = clock.now();
    const message = 'the clients with most unread lines are not read for now: does the program read?';
    new LinkLog(logger, undefined).write('warn', message, { maxTotalUnreadBytes });
  };
}
