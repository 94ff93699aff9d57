/**
 * A fleet that is made up, with an hour of outages, for the dashboard to show: the page and its files come from a real
 * interface, and what it reads from here. The same number makes the same fleet.
 */
import type { Page } from 'playwright-core';

interface Outage {
  readonly at: number;
  readonly endedAt: number | null;
  readonly reason: string;
  readonly told?: string;
}

interface MadeUpBoard {
  readonly id: string;
  readonly address: string;
  readonly outages: readonly Outage[];
  readonly roundTripMs: number;
  readonly repeats: number;
  /** When it first connected. */
  readonly recordedSince: number;
}

export interface FleetOptions {
  readonly boards: number;
  /** ms since 1970. */
  readonly now: number;
  /** Until then time goes on, and there are outages; ms since 1970. */
  readonly end: number;
  readonly seed?: number;
}

const PLACES = ['cellar', 'attic', 'greenhouse', 'barn', 'pump', 'gate', 'silo', 'stable', 'orchard', 'weir'];
const HOUR_MS = 3_600_000;
/** How often a page reads the whole fleet. */
const STEP_MS = 5000;
const BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
/** How many of a hundred lines take how long. */
const SPREAD = [0, 2, 9, 34, 30, 14, 6, 3, 1, 1, 0, 0, 0, 0];

export class MadeUpFleet {
  readonly #boards: readonly MadeUpBoard[];
  readonly #random: () => number;
  #now: number;
  readonly #end: number;
  readonly #lines = { received: 41_000, sent: 18_000, repeated: 300 };
  readonly #counts = SPREAD.map((count) => count * 10);

  constructor({ boards, now, end, seed = 7 }: FleetOptions) {
    this.#random = randomFrom(seed);
    this.#now = now;
    this.#end = end;
    this.#boards = Array.from({ length: boards }, (_, index) => this.#board(index, end));
  }

  /** Time has come to its end. */
  get isOver(): boolean {
    return this.#now >= this.#end;
  }

  /** As they are now. */
  get boards(): readonly MadeUpBoard[] {
    return this.#boards.map((board) => {
      const begun = board.outages.filter(({ at }) => at <= this.#now);
      const outages = begun.map((it) =>
        it.endedAt !== null && it.endedAt > this.#now ? { ...it, endedAt: null } : it,
      );
      return { ...board, outages };
    });
  }

  /** Answers what the page asks for, but for its files and events. */
  async serve(page: Page): Promise<void> {
    const answer = (path: RegExp, body: (url: URL) => object): Promise<unknown> =>
      page.route(path, (route) => route.fulfill({ json: body(new URL(route.request().url())) }));
    await page.route(/\/fleet$/, async (route) => {
      const real = (await (await route.fetch()).json()) as object;
      await route.fulfill({ json: { ...real, ...this.#overview() } });
      this.#pass();
    });
    await answer(/\/clients\?/, () => ({
      total: this.boards.length,
      clients: this.boards.map((it) => this.#client(it)),
    }));
    await answer(/\/clients\/[^/?]+$/, ({ pathname }) =>
      this.#details(decodeURIComponent(pathname.slice(9))),
    );
    await page.route(
      /\/events\?lines=true/,
      (route) => route.fulfill({ contentType: 'text/event-stream', body: this.#lineEvents() }),
      { times: 1 },
    );
    await answer(/\/outages\?/, () => {
      const outages = this.boards.flatMap(({ id, outages: its }) =>
        its.map((outage) => ({ id, ...shown(outage) })),
      );
      outages.sort((one, other) => one.at.localeCompare(other.at));
      return { total: outages.length, outages };
    });
  }

  /** After each reading of the whole fleet time goes on, up to the end, and lines come and go. */
  #pass(): void {
    if (this.#now >= this.#end) return;
    this.#now += STEP_MS;
    const lines = this.#boards.length;
    this.#lines.received += Math.round(lines * (1 + this.#random() * 0.4));
    this.#lines.sent += Math.round(lines * (0.4 + this.#random() * 0.2));
    this.#lines.repeated += Math.round(this.#random() ** 4 * 8);
    for (const [index, count] of SPREAD.entries())
      this.#counts[index]! += Math.round((count * lines * (0.5 + this.#random())) / 100);
  }

  #board(index: number, end: number): MadeUpBoard {
    const random = this.#random;
    const place = PLACES[index % PLACES.length]!;
    const id = `${place}-${String(Math.floor(index / PLACES.length) + 1).padStart(2, '0')}`;
    const outages: Outage[] = [];
    const fate = index % 67;
    if (fate === 38) {
      // It flaps.
      for (let at = end - HOUR_MS * 0.85; at < end - 30_000; at += 60_000 + random() * 240_000)
        outages.push({
          at,
          endedAt: at + 2000 + random() * 25_000,
          reason: random() < 0.85 ? 'silence' : 'reset',
        });
    } else if (fate === 11 || fate === 52) {
      const told =
        fate === 52 ? { reason: 'told', told: 'battery low, going to sleep' } : { reason: 'silence' };
      outages.push({ at: end - random() * HOUR_MS * 0.6, endedAt: null, ...told });
    } else if (fate !== 30 && random() < 0.3) {
      const at = end - random() * HOUR_MS;
      const reasons = ['silence', 'silence', 'fin', 'reset', 'closed'];
      const reason = reasons[Math.floor(random() * reasons.length)]!;
      outages.push({ at, endedAt: Math.min(end, at + 1500 + random() * 90_000), reason });
    }
    return {
      id,
      address: `10.20.${Math.floor(index / 250)}.${(index % 250) + 2}`,
      outages,
      roundTripMs: 4 + random() ** 4 * 160 + (fate === 38 ? 220 : 0),
      repeats: Math.round(random() ** 3 * 4 + outages.length * 3 * random()),
      recordedSince: fate === 30 ? end - HOUR_MS * 0.4 : end - 10 * HOUR_MS,
    };
  }

  #overview(): object {
    return {
      at: iso(this.#now),
      showLines: true,
      clients: this.boards.length,
      up: this.boards.filter((board) => !isDown(board)).length,
      linesReceived: this.#lines.received,
      linesSent: this.#lines.sent,
      linesRepeated: this.#lines.repeated,
      unreadLines: 0,
      pendingWrites: 3,
      roundTrips: { boundsMs: BOUNDS_MS, counts: [...this.#counts] },
    };
  }

  #lineEvents(): string {
    const temperatures = [21.4, 21.5, 21.5, 21.6, 21.7];
    return temperatures
      .flatMap((degrees, index) => {
        const at = iso(this.#now - (temperatures.length - index) * 12_000);
        const lines = [
          { at, direction: 'received', text: JSON.stringify({ degrees, humidity: 61 - index }) },
        ];
        return index === 2 ? [...lines, { at, direction: 'sent', text: 'fan on' }] : lines;
      })
      .map((line) => `event: line\ndata: ${JSON.stringify(line)}\n\n`)
      .join('');
  }

  #client(board: MadeUpBoard): object {
    const { id, address, roundTripMs, repeats, recordedSince, outages } = board;
    const last = outages.at(-1);
    const since =
      last === undefined
        ? Math.max(recordedSince, this.#now - 9 * HOUR_MS - (repeats + id.length) * 70_000)
        : (last.endedAt ?? last.at);
    const stats = {
      retransmitted: repeats,
      received: 4210,
      sent: 1893,
      duplicatesDropped: 2,
      outages: outages.length,
    };
    return {
      ...{ id, address, roundTripMs, up: !isDown(board), since: iso(since) },
      ...{ recordedSince: iso(recordedSince), protocol: 2 },
      ...{ connects: outages.length + 1, unreadLines: 0, pendingWrites: isDown(board) ? 2 : 0 },
      stats: { ...stats, bytesReceived: 231_410, bytesSent: 84_190 },
    };
  }

  #details(id: string): object {
    const board = this.boards.find((it) => it.id === id)!;
    return { ...this.#client(board), outages: board.outages.map(shown) };
  }
}

function isDown({ outages }: MadeUpBoard): boolean {
  return outages.at(-1)?.endedAt === null;
}

function shown({ at, endedAt, ...rest }: Outage) {
  return { at: iso(at), endedAt: endedAt === null ? null : iso(endedAt), ...rest };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
