/**
 * One state of the world, and its encoding as a string with one UTF-16 unit per number, so that millions of
 * states fit into memory.
 */
import { Ledger, STATUSES, type Status } from './ledger.js';

/** A chunk on its way: the bytes of one `takeOutput`, or the rest of them. */
export interface Chunk {
  readonly bytes: number;
  /** How long it has been on its way, in ms. Always 0 if the bound has no delay. */
  readonly age: number;
}

/** One connection between the ends. Dropped once both have left it. */
export interface Link {
  readonly number: number;
  /** The client still has its socket open. */
  client: boolean;
  /** `waiting`: the hello is not complete yet. */
  server: 'waiting' | 'open' | 'gone';
  /** The bytes of the hello that have arrived so far, interned. */
  hello: number;
  up: Flow;
  down: Flow;
  /** The network has broken it. */
  broken: boolean;
  /** The bytes that decide its version arrived late, or are late. */
  late: boolean;
}

/** One direction of a link. */
export interface Flow {
  chunks: Chunk[];
  /** No further bytes arrive, and neither end is notified. */
  lost: boolean;
}

/** Counters of everything that the bound limits. */
export interface Used {
  links: number;
  cuts: number;
  clientRestarts: number;
  serverRestarts: number;
  giveUps: number;
  late: number;
  vanished: number;
  visits: number;
  restores: number;
  /** Time in which only keepalives were exchanged, in ms. */
  quietMs: number;
}

export interface World {
  readonly used: Used;
  client: number;
  server: number;
  /**
   * The other process with the client's id or, during its visit, the client. Undefined before the first
   * visit.
   */
  away: number | undefined;
  visiting: boolean;
  /** The saved state of the client, for a restore. */
  backup: Backup | undefined;
  readonly linesUp: Ledger;
  readonly linesDown: Ledger;
  links: Link[];
}

export interface Backup {
  readonly client: number;
  readonly statuses: readonly Status[];
}

/**
 * Number of units at the start of the encoding that contain `used`. The healing depends only on the units
 * after these.
 */
export const USED_UNITS = 10;
const SERVER_STATES = ['waiting', 'open', 'gone'] as const;
const UNIT = 0xffff;

export function newWorld(client: number, server: number): World {
  return {
    used: {
      links: 0,
      cuts: 0,
      clientRestarts: 0,
      serverRestarts: 0,
      giveUps: 0,
      late: 0,
      vanished: 0,
      visits: 0,
      restores: 0,
      quietMs: 0,
    },
    client,
    server,
    away: undefined,
    visiting: false,
    backup: undefined,
    linesUp: new Ledger(),
    linesDown: new Ledger(),
    links: [],
  };
}

export function encode(world: World): string {
  const { used } = world;
  const units = [
    used.links,
    used.cuts,
    used.clientRestarts,
    used.serverRestarts,
    used.giveUps,
    used.late,
    used.vanished,
    used.visits,
    used.restores,
    used.quietMs,
    ...long(world.client),
    ...long(world.server),
    bits(world.visiting, world.away !== undefined, world.backup !== undefined),
  ];
  if (world.away !== undefined) units.push(...long(world.away));
  if (world.backup !== undefined) {
    const { client, statuses } = world.backup;
    units.push(...long(client), statuses.length, ...statuses.map((status) => STATUSES.indexOf(status)));
  }
  encodeLedger(units, world.linesUp);
  encodeLedger(units, world.linesDown);
  for (const link of world.links) {
    const { client, broken, late, up, down } = link;
    const server = SERVER_STATES.indexOf(link.server);
    units.push(link.number, bits(client, broken, up.lost, down.lost, late) * 4 + server, link.hello);
    encodeChunks(units, up.chunks);
    encodeChunks(units, down.chunks);
  }
  return String.fromCharCode(...units);
}

export function decode(text: string): World {
  return new Reader(text).world();
}

function encodeLedger(units: number[], ledger: Ledger): void {
  const { lines, base, last, delivered, again } = ledger;
  units.push(base, last + 1, delivered, again, lines.length);
  for (const { status, got, everGot, unsafe } of lines) {
    units.push(STATUSES.indexOf(status) * 8 + bits(got, everGot, unsafe));
  }
}

function encodeChunks(units: number[], chunks: readonly Chunk[]): void {
  units.push(chunks.length);
  for (const { bytes, age } of chunks) units.push(bytes, age);
}

function long(value: number): [number, number] {
  return [value >>> 16, value & UNIT];
}

function bits(...flags: readonly boolean[]): number {
  return flags.reduce((sum, flag, i) => (flag ? sum + 2 ** i : sum), 0);
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  world(): World {
    const used = {
      links: this.#unit(),
      cuts: this.#unit(),
      clientRestarts: this.#unit(),
      serverRestarts: this.#unit(),
      giveUps: this.#unit(),
      late: this.#unit(),
      vanished: this.#unit(),
      visits: this.#unit(),
      restores: this.#unit(),
      quietMs: this.#unit(),
    };
    const client = this.#long();
    const server = this.#long();
    const flags = this.#unit();
    const away = (flags & 2) !== 0 ? this.#long() : undefined;
    const backup = (flags & 4) !== 0 ? this.#backup() : undefined;
    const linesUp = this.#ledger();
    const linesDown = this.#ledger();
    const links: Link[] = [];
    while (this.#at < this.#text.length) links.push(this.#link());
    return { used, client, server, away, visiting: (flags & 1) !== 0, backup, linesUp, linesDown, links };
  }

  #backup(): Backup {
    const client = this.#long();
    const statuses = Array.from({ length: this.#unit() }, () => STATUSES[this.#unit()]!);
    return { client, statuses };
  }

  #unit(): number {
    return this.#text.charCodeAt(this.#at++);
  }

  #long(): number {
    return this.#unit() * (UNIT + 1) + this.#unit();
  }

  #ledger(): Ledger {
    const ledger = new Ledger();
    ledger.base = this.#unit();
    ledger.last = this.#unit() - 1;
    ledger.delivered = this.#unit();
    ledger.again = this.#unit();
    for (let left = this.#unit(); left > 0; left--) {
      const line = this.#unit();
      ledger.lines.push({
        status: STATUSES[line >> 3]!,
        got: (line & 1) !== 0,
        everGot: (line & 2) !== 0,
        unsafe: (line & 4) !== 0,
      });
    }
    return ledger;
  }

  #link(): Link {
    const number = this.#unit();
    const flags = this.#unit();
    return {
      number,
      server: SERVER_STATES[flags & 3]!,
      client: (flags & 4) !== 0,
      broken: (flags & 8) !== 0,
      late: (flags & 64) !== 0,
      hello: this.#unit(),
      up: { lost: (flags & 16) !== 0, chunks: this.#chunks() },
      down: { lost: (flags & 32) !== 0, chunks: this.#chunks() },
    };
  }

  #chunks(): Chunk[] {
    const chunks: Chunk[] = [];
    for (let left = this.#unit(); left > 0; left--) chunks.push({ bytes: this.#unit(), age: this.#unit() });
    return chunks;
  }
}
