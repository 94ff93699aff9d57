/**
 * An outage in which a sensor continues to measure. Its lines are stored. Then the link comes up, and the
 * lines are sent. The sensor's process is killed repeatedly, half of the times while it stores, half while it
 * sends.
 */
import { listen } from '@iot/server';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect as connectTo, type AddressInfo, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { News } from './sensor.js';

export interface OutageOptions {
  readonly folder: string;
  readonly lines: number;
  readonly kills: number;
  readonly print: (line: string) => void;
}

export interface OutageFigures {
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  readonly delivered: number;
  readonly kills: number;
  /** The maximum of all processes, in MB. */
  readonly rss: number;
  readonly heap: number;
}

const SENSOR = fileURLToPath(new URL('sensor.ts', import.meta.url));
const MB = 1024 * 1024;

/** The network path to the server. While it is cut, each connection ends at once. */
class Way {
  open = false;
  readonly #server: Server;

  private constructor(to: number) {
    this.#server = createServer((socket) => {
      if (!this.open) {
        socket.destroy();
        return;
      }
      const other = connectTo(to, '127.0.0.1');
      for (const [a, b] of [
        [socket, other],
        [other, socket],
      ] as const) {
        a.pipe(b);
        a.on('error', () => b.destroy());
      }
    });
  }

  static async to(port: number): Promise<Way> {
    const way = new Way(port);
    way.#server.listen(0, '127.0.0.1');
    await once(way.#server, 'listening');
    return way;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }
}

/** The processes of the sensor, one after the other. */
class Sensor {
  /** For each process, the number of its readings that are certainly stored. */
  readonly stored: number[] = [];
  readonly peak = { rss: 0, heap: 0 };
  /** Since `mark`. */
  recent = { rss: 0, heap: 0 };
  loadedMs = 0;
  #process: ChildProcess | undefined;
  readonly #folder: string;
  readonly #port: number;
  #told: () => void = () => undefined;

  constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  get total(): number {
    return this.stored.reduce((sum, count) => sum + count, 0);
  }

  start(readings: number): void {
    const run = this.stored.push(0) - 1;
    const args = [this.#folder, this.#port, run, readings].map(String);
    this.#process = fork(SENSOR, args, { execArgv: ['--import', 'tsx', '--conditions=@iot/source'] });
    this.#process.on('message', (news: News) => {
      if ('stored' in news) this.stored[run] = news.stored;
      else if ('loadedMs' in news) this.loadedMs = Math.max(this.loadedMs, news.loadedMs);
      else {
        for (const figure of [this.peak, this.recent]) {
          figure.rss = Math.max(figure.rss, news.rss / MB);
          figure.heap = Math.max(figure.heap, news.heap / MB);
        }
      }
      this.#told();
    });
  }

  mark(): void {
    this.recent = { rss: 0, heap: 0 };
  }

  async hasStored(count: number): Promise<void> {
    while (this.total < count) await new Promise<void>((resolve) => (this.#told = resolve));
  }

  async kill(): Promise<void> {
    const process = this.#process!;
    process.kill('SIGKILL');
    await once(process, 'close');
  }
}

/** The readings that have arrived. Each process numbers its readings from 0. */
class Arrivals {
  readonly #next: number[] = [];
  #last = 0;
  count = 0;
  outOfOrder = 0;
  doubled = 0;
  gaps = 0;
  #reached: () => void = () => undefined;

  take(line: string): void {
    const { run, n } = JSON.parse(line) as { run: number; n: number };
    const next = this.#next[run] ?? 0;
    if (n < next) this.doubled += 1;
    else this.gaps += n - next;
    if (run < this.#last) this.outOfOrder += 1;
    this.#last = run;
    this.#next[run] = Math.max(next, n + 1);
    this.count += 1;
    this.#reached();
  }

  /** Number of readings that were certainly stored and come after the last one that has arrived. */
  missing(stored: readonly number[]): number {
    return stored.reduce((sum, count, run) => sum + Math.max(0, count - (this.#next[run] ?? 0)), this.gaps);
  }

  async have(enough: () => boolean): Promise<void> {
    while (!enough()) await new Promise<void>((resolve) => (this.#reached = resolve));
  }
}

export async function outage({ folder, lines, kills, print }: OutageOptions): Promise<OutageFigures> {
  await using server = await listen({ port: 0, host: '127.0.0.1' });
  const way = await Way.to(server.address.port);
  const sensor = new Sensor(folder, way.port);
  const arrivals = new Arrivals();
  server.on('client', (connection) => {
    void (async () => {
      for await (const line of connection) arrivals.take(line);
    })();
  });
  const whileStoring = Math.ceil(kills / 2);
  const whileSending = kills - whileStoring;
  const said = (what: string, ms: number, count: number) => {
    const { rss, heap } = sensor.recent;
    const speed = Math.round((1000 * count) / ms);
    print(
      `${what}: ${speed} lines a second; memory at most ${rss.toFixed(0)} MB RSS, ${heap.toFixed(0)} MB heap`,
    );
    sensor.mark();
  };

  for (let part = 1; part <= whileStoring + 1; part++) {
    const [began, before] = [performance.now(), sensor.total];
    sensor.start(lines - before);
    await sensor.hasStored(Math.floor((lines * part) / (whileStoring + 1)));
    if (part <= whileStoring) await sensor.kill();
    said(`${sensor.total} lines stored`, performance.now() - began, sensor.total - before);
  }

  way.open = true;
  for (let part = 1; part <= whileSending; part++) {
    const [began, before] = [performance.now(), arrivals.count];
    await arrivals.have(() => arrivals.count >= (lines * part) / (whileSending + 1));
    await sensor.kill();
    said(`${arrivals.count} lines arrived`, performance.now() - began, arrivals.count - before);
    sensor.start(0);
  }
  const [began, before] = [performance.now(), arrivals.count];
  await arrivals.have(() => arrivals.missing(sensor.stored) === 0);
  said(`${arrivals.count} lines arrived`, performance.now() - began, arrivals.count - before);
  await sensor.kill();
  way.close();
  const { rss, heap } = sensor.peak;
  const { doubled, outOfOrder, count: delivered } = arrivals;
  return { lost: arrivals.missing(sensor.stored), doubled, outOfOrder, delivered, kills, rss, heap };
}
