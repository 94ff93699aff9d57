/** Runs several simulated boards at the same time, and counts their lines, acks and outages. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type ConnectOptions } from '@iot/client';
import { SeededRandom } from '@iot/fault-proxy';
import { Board, type BoardSettings, type Tally } from './board.js';
import { Histogram } from './histogram.js';
import { readings, type Lines } from './readings.js';

export interface FleetSettings extends Omit<BoardSettings, 'line'> {
  readonly ids: readonly string[];
  readonly seed: number;
  /** The lines that all boards send. Undefined: each board sends its own readings. */
  readonly script: Lines | undefined;
  /** Sends back each line that arrives. */
  readonly echo: boolean;
  /** The connection options of the board with this id. */
  readonly connection: (id: string) => Omit<ConnectOptions, 'id'>;
  readonly watcher: FleetWatcher;
}

/** Callbacks for the events of each board. */
export interface FleetWatcher {
  readonly state: (id: string, up: boolean) => void;
  /** A line has arrived from the server. */
  readonly arrived: (id: string, line: string) => void;
  /** A board has an error, at its start or later. */
  readonly trouble: (id: string, message: string) => void;
}

export interface FleetCounts {
  readonly boards: number;
  /** Boards whose link is up now. */
  readonly up: number;
  /** Boards that have had a link. */
  readonly everUp: number;
  readonly written: number;
  readonly acked: number;
  readonly received: number;
  readonly outages: number;
  /** Lines that were sent again. */
  readonly repeats: number;
  /** Time from write to ack, in ms. Undefined before the first ack. */
  readonly ackMs: Readonly<Record<'p50' | 'p99' | 'max', number | undefined>>;
}

/**
 * Number of boards that begin to connect at the same time. The next group begins 10 ms later, because a
 * server's queue of new connections is short.
 */
const AT_ONCE = 20;

export class Fleet {
  readonly #settings: FleetSettings;
  readonly #boards: Board[] = [];
  #closing = false;
  readonly #tally: Tally = { written: 0, acked: 0, ackMs: new Histogram() };

  constructor(settings: FleetSettings) {
    this.#settings = settings;
  }

  get counts(): FleetCounts {
    const clients = this.#boards.map(({ client }) => client);
    const sum = (count: (client: Board['client']) => number) =>
      clients.reduce((total, client) => total + count(client), 0);
    const { written, acked, ackMs } = this.#tally;
    return {
      boards: this.#settings.ids.length,
      up: sum(({ status }) => Number(status)),
      everUp: sum(({ connects }) => Number(connects > 0)),
      ...{ written, acked },
      received: sum(({ stats }) => stats.received),
      outages: sum(({ stats }) => stats.outages),
      repeats: sum(({ stats }) => stats.retransmitted),
      ackMs: { p50: ackMs.quantile(0.5), p99: ackMs.quantile(0.99), max: ackMs.quantile(1) },
    };
  }

  /** Runs until every board has sent its lines and has their acks, or `stop` is aborted. Rejects when a board cannot go on. */
  async run(stop: AbortSignal): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      else stop.addEventListener('abort', () => resolve(), { once: true });
    });
    const { ids } = this.#settings;
    for (let at = 0; at < ids.length && !stop.aborted; at += AT_ONCE) {
      for (let index = at; index < Math.min(at + AT_ONCE, ids.length); index++) this.#start(index);
      await sleep(10);
    }
    await Promise.race([stopped, this.#done()]);
  }

  /**
   * Stops writing, waits at most `graceMs` for missing acks, and closes every client. Returns the counts
   * before the close.
   */
  async end(graceMs: number): Promise<FleetCounts> {
    for (const board of this.#boards) board.end();
    const late = new AbortController();
    const grace = sleep(graceMs, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([this.#done().catch(() => undefined), grace]);
    late.abort();
    const { counts } = this;
    this.#closing = true;
    await Promise.all(this.#boards.map(({ client }) => client.close()));
    return counts;
  }

  async #done(): Promise<void> {
    await Promise.all(this.#boards.map(({ done }) => done));
  }

  #start(index: number): void {
    const { ids, seed, script, connection, watcher } = this.#settings;
    const id = ids[index]!;
    const client = connect({
      id,
      badServer: ({ message }) => watcher.trouble(id, message),
      ...connection(id),
    });
    client.on('peerError', ({ message }) => watcher.trouble(id, message));
    client.on('state', (up) => {
      if (!this.#closing) watcher.state(id, up);
    });
    // A different random sequence for each board.
    const random = new SeededRandom((seed + index * 7919) % 2 ** 32);
    const line = script ?? readings(random);
    this.#boards.push(new Board(client, { ...this.#settings, line }, this.#tally, random));
    this.#listen(id, client).catch(() => undefined); // the write rejects with the same error
  }

  async #listen(id: string, client: Board['client']): Promise<void> {
    const { echo, watcher } = this.#settings;
    for await (const line of client) {
      watcher.arrived(id, line);
      // A rejection at the end of the run is not an error: the line counts as not acked.
      if (echo) client.write(line).catch(() => undefined);
    }
  }
}
