/**
 * What is known of each client beyond its connection: since when it is up or down, its outages, its last line. It listens
 * to the server, never to a connection: a listener there would keep the client from being forgotten.
 */
import type { Connection, LinkEnd, Server, ServerEvents } from '@iot/server';
import { EventLog } from './event-log.js';
import type { Limits } from './limits.js';

export interface Outage {
  readonly at: number;
  readonly reason: LinkEnd;
  /** The words of the client, where it said why. */
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
  /** When it came up, or went down; when it was first seen here, for one that was there before. */
  since: number;
  /** The last ones, oldest first. */
  readonly outages: Outage[];
  lastLine?: Line;
  /** From a write to its ack, smoothed: each ack counts for an eighth. */
  roundTripMs?: number;
}

/** A new ack counts for this part, as in the estimate of TCP (RFC 6298). */
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
      // Its message may quote a line.
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

  /** All clients, in the order in which they came. */
  get records(): ReadonlyMap<string, ClientRecord> {
    return this.#records;
  }

  get server(): Server {
    return this.#server;
  }

  get showsLines(): boolean {
    return this.#showLines;
  }

  /** Those that ended after this time or go on, in the order in which they began. */
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

  /** Calls back with each line from now on; the function returned stops it. */
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

  /** @param at the time of what has happened: of an `up` or `down` that of the client's record */
  #tell(type: string, data: object, at = Date.now()): void {
    this.events.add(type, { at: new Date(at).toISOString(), ...data });
  }

  #add(connection: Connection): ClientRecord {
    const known = this.#records.get(connection.id);
    if (known?.connection === connection) return known;
    const record = { connection, since: Date.now(), outages: [] };
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
    if (record.outages.length > this.#limits.outages) record.outages.shift();
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
