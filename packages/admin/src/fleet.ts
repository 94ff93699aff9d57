/**
 * Records for each client since when it is up or down, its outages and its last line. It adds listeners to
 * the server only. A listener on a connection would prevent the server from forgetting that client.
 */
import type { Connection, LinkEnd, Server, ServerEvents } from '@iot/server';
import { EventLog } from './event-log.js';
import type { Limits } from './limits.js';

export interface Outage {
  readonly at: number;
  readonly reason: LinkEnd;
  /** The reason in the client's own words, if it sent one. */
  readonly told: string | undefined;
  /** When the next link came up. */
  endedAt?: number;
}

export interface Line {
  readonly direction: 'received' | 'sent';
  readonly text: string;
  readonly at: number;
}

/** One client. Times are ms since 1970. */
export interface ClientRecord {
  readonly connection: Connection;
  /**
   * When it came up or went down. For a client that was there before `attachAdmin`: the time of
   * `attachAdmin`.
   */
  since: number;
  /**
   * All its outages after this time are in `outages`. It is the time when this interface first saw the client; once the
   * limit has dropped an outage, it is the end of that outage.
   */
  recordedSince: number;
  /** The last ones, oldest first. */
  readonly outages: Outage[];
  lastLine?: Line;
  /** Smoothed time from a write to its ack. */
  roundTripMs?: number;
}

/** Weight of a new measurement in the smoothed round trip, as in TCP (RFC 6298). */
const NEW_ACK = 1 / 8;

export class Fleet {
  readonly events: EventLog;
  /** True until the server is closed. */
  isOpen = true;
  readonly #server: Server;
  readonly #limits: Limits;
  readonly #showLines: boolean;
  readonly #records = new Map<string, ClientRecord>();
  readonly #lineFollowers = new Set<(data: object) => void>();
  readonly #stops: (() => void)[] = [];

  constructor(server: Server, showLines: boolean, limits: Limits) {
    this.#server = server;
    this.#limits = limits;
    this.#showLines = showLines;
    this.events = new EventLog(limits.events);
    for (const connection of server.clients) this.#add(connection);
    this.on('client', (connection) => this.#add(connection));
    this.on('up', (connection) => this.#up(connection));
    this.on('down', (connection, reason, told) => this.#down(connection, reason, told));
    this.on('gone', ({ id }) => {
      this.#records.delete(id);
      this.#tell('gone', { id });
    });
    this.on('peerError', ({ id }, { code, message }) => {
      // The message of a protocol error may quote a line.
      this.#tell('peer-error', { id, code, ...(showLines && { message }) });
    });
    this.on('duplicate', (id, address) => this.#tell('duplicate', { id, address }));
    this.on('refused', (reason, id, address, detail) => {
      this.#tell('refused', { reason, id, address, detail });
    });
    this.on('acked', (connection, ms) => {
      const record = this.#add(connection);
      const before = record.roundTripMs ?? ms;
      record.roundTripMs = before + (ms - before) * NEW_ACK;
    });
    if (showLines) this.on('line', (connection, direction, text) => this.#line(connection, direction, text));
    void server.closed.then(() => (this.isOpen = false));
  }

  /** All clients, in the order in which they first connected. */
  get records(): ReadonlyMap<string, ClientRecord> {
    return this.#records;
  }

  get server(): Server {
    return this.#server;
  }

  get showsLines(): boolean {
    return this.#showLines;
  }

  /** The outages that ended after this time or have not ended, in the order in which they began. */
  outagesSince(time: number): (Outage & { readonly id: string })[] {
    const found: (Outage & { readonly id: string })[] = [];
    for (const { connection, outages } of this.#records.values()) {
      for (let index = outages.length - 1; index >= 0; index--) {
        const outage = outages[index]!;
        if (outage.endedAt !== undefined && outage.endedAt < time) break;
        found.push({ id: connection.id, ...outage });
      }
    }
    return found.sort((one, other) => one.at - other.at);
  }

  /** Calls `follower` with each later line. The returned function ends this. */
  followLines(follower: (data: object) => void): () => void {
    this.#lineFollowers.add(follower);
    return () => this.#lineFollowers.delete(follower);
  }

  /** Listens to the server until `detach`. */
  on<E extends keyof ServerEvents>(event: E, listener: (...args: ServerEvents[E]) => void): void {
    this.#stops.push(this.#server.on(event, listener));
  }

  /** Stops listening to the server. */
  detach(): void {
    for (const stop of this.#stops) stop();
  }

  /** @param at the time of the event; for `up` and `down` the time in the client's record */
  #tell(type: string, data: object, at = Date.now()): void {
    this.events.add(type, { at: new Date(at).toISOString(), ...data });
  }

  #add(connection: Connection): ClientRecord {
    const known = this.#records.get(connection.id);
    if (known?.connection === connection) return known;
    const at = Date.now();
    const record = { connection, since: at, recordedSince: at, outages: [] };
    this.#records.set(connection.id, record);
    return record;
  }

  #up(connection: Connection): void {
    const record = this.#add(connection);
    record.since = Date.now();
    const last = record.outages.at(-1);
    if (last !== undefined) last.endedAt ??= record.since;
    const { id, remoteAddress: address } = connection;
    this.#tell('up', { id, address }, record.since);
  }

  #down(connection: Connection, reason: LinkEnd, told: string | undefined): void {
    const record = this.#add(connection);
    record.since = Date.now();
    record.outages.push({ at: record.since, reason, told });
    if (record.outages.length > this.#limits.outages)
      record.recordedSince = record.outages.shift()!.endedAt ?? record.recordedSince;
    this.#tell('down', { id: connection.id, reason, told }, record.since);
  }

  #line(connection: Connection, direction: Line['direction'], text: string): void {
    this.#add(connection).lastLine = { direction, text, at: Date.now() };
    for (const follow of this.#lineFollowers) follow({ at: now(), id: connection.id, direction, text });
  }
}

function now(): string {
  return new Date().toISOString();
}
