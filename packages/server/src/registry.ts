/**
 * The clients that a server knows, with one session and one `Connection` for each id, and the calls that wait for a client.
 *
 * A member is a client whose session is in this process, up or down. To forget a client is to close its connection and to end
 * its session, in the store too: when it connects again, it starts with a new session.
 */
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

/**
 * When the server closes, it sends each client the time after which to connect again. The first client gets `BACK_AFTER_MS`.
 * The times of the others are spread by one millisecond for each client, over at most `LONGEST_SPREAD_MS`.
 */
const BACK_AFTER_MS = 500;
const LONGEST_SPREAD_MS = 4500;

/** A client: its connection, its pump, and the options of the connection. */
export class Member implements ConnectionOptions {
  readonly id: string;
  readonly pump: Pump;
  readonly connection: Connection;
  /** Number of sockets that were accepted before the socket of its link. */
  accepted = 0;
  /** True once the event `client` was emitted for it. */
  announced = false;
  readonly #settings: ListenSettings;
  readonly #registry: MemberRegistry;
  /** True when `up` was emitted, and `down` was not yet. */
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
    // Emitted here, because after the close no events of the session are observed.
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

  /** Undefined while the event `line` has no listener. No promise and no date are then created for a line. */
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
  /** The sessions that are being closed or forgotten, by id. Each promise settles when the stored session changes no more. */
  readonly #ending = new Map<string, Promise<unknown>>();

  /** @param events emits the events of all clients */
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

  /** True when there is space for another client that is not in `expected`. */
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
   * Adds a client with a new session, or with its loaded session. The client stays until its connection is closed.
   *
   * @throws StoreError `ERR_STORE_DAMAGED` when the stored entries are not a valid session
   */
  add(id: string, loaded?: LoadedSession): Member {
    const pump = loaded
      ? storedPump(this.#sessions, loaded, this.#clock)
      : new Pump(new Session(this.#sessions), this.#clock);
    const member = new Member(id, pump, this.#settings, this);
    this.#members.set(id, member);
    return member;
  }

  /** Adds the clients of an earlier process, whose sessions were loaded. All of them are down. */
  restore(sessions: readonly LoadedSession[]): Member[] {
    return sessions.map((loaded) => {
      const member = this.add(loaded.options.id, loaded);
      this.down(member.id);
      return member;
    });
  }

  /** Forgets a client. Its session may be in this process, or only in the store. False when there is none. */
  forget(id: string): Promise<boolean> {
    const forgotten = this.#forgetStored(id);
    this.#ends(id, forgotten);
    return forgotten;
  }

  /** True while a session of this id is being closed or forgotten, so that its stored session still changes. */
  isEnding(id: string): boolean {
    return this.#ending.has(id);
  }

  /** Resolves when no session of this id is being closed or forgotten any more. */
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

  /** Called when the client's link has ended. */
  down(id: string): void {
    if (!this.#settings.expected.has(id)) this.#expiry.down(id);
  }

  /** Called when the client's connection is closed: removes the client. */
  closed(id: string): void {
    const member = this.#members.get(id);
    if (member !== undefined) {
      member.pump.session.leaveTotal();
      this.#ends(id, member.connection.close());
    }
    this.#members.delete(id);
    this.#expiry.release(id);
  }

  /** Called when a link of the client has begun: resolves the calls that wait for this client. */
  linked({ connection, pump }: Member): void {
    // Bytes that came with the hello may already have ended the link.
    if (pump.session.linkOpen) this.#expiry.release(connection.id);
    this.#awaited.get(connection.id)?.resolveAll(connection);
  }

  /** Waits until a client with this id is known, and returns its connection. */
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

  /** Resolves when the writes made so far have settled. It does not wait for clients that are down, or go down meanwhile. */
  async drained(signal: AbortSignal): Promise<void> {
    const up = this.connections().filter(({ status }) => status);
    await Promise.all(up.map((it) => Promise.race([it.drain({ signal }), it.once('state', { signal })])));
  }

  /** Closes every connection. Calls that wait for a client reject with this error. */
  async close(error: Error): Promise<void> {
    this.#expiry.stop();
    for (const waiters of this.#awaited.values()) waiters.rejectAll(error);
    const members = [...this.#members.values()];
    // The times are spread, so that the clients do not all connect at the same moment when the server starts again.
    const spreadMs = Math.min(LONGEST_SPREAD_MS, members.length);
    members.forEach(({ pump }, at) => pump.willBeBack(BACK_AFTER_MS + (spreadMs * at) / members.length));
    for (const { connection } of members) void connection.close();
    // This includes sessions that were already being closed or forgotten. The wait is limited, because the store may not answer.
    await settlesWithin(this.#clock, this.#settings.closeTimeoutMs, Promise.all(this.#ending.values()));
  }

  /** Forgets a client that has been down for `forgetAfterMs`. False if it is still needed. */
  #forget(id: string): boolean {
    const member = this.#members.get(id);
    // `openLines` counts lines that are not settled, including those of an earlier process, which have no pending write here.
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

/** Returns a function that logs a warning, at most once a minute, when there are too many unread lines. */
function tooMuchUnread({ logger, maxTotalUnreadBytes }: ListenSettings, clock: Clock): () => void {
  let saidAt = -Infinity;
  return () => {
    if (clock.now() < saidAt + 60_000) return;
    saidAt = clock.now();
    const message =
      'too many lines are unread: reading from the clients with the most of them is paused. Does the program read?';
    new LinkLog(logger, undefined).write('warn', message, { maxTotalUnreadBytes });
  };
}
