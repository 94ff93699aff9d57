/**
 * `iot serve` with everything on (TLS with a key for each board, a store, the admin interface, an MQTT broker), under
 * `iot board` with a fleet, through `iot chaos`, which cuts every link again and again. Each board numbers its lines, and
 * what the broker is given is compared with that.
 */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { HOST, Program } from '@iot/app-kit/testing';
import { makeKey } from '@iot/server/keys';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { News } from '@iot/vitest-config/news';
import { Aedes } from 'aedes';
import { onTestFinished } from 'vitest';
import type { FleetCounts } from '../../src/board/fleet.js';
import { serve } from '../serving.js';

export interface CampaignSize {
  readonly boards: number;
  /** Of each board. */
  readonly lines: number;
  /** Time from line to line of a board, as `iot board --every` takes it. */
  readonly every: string;
  /** Time from cut to cut, as `iot chaos --every` takes it. */
  readonly cutEvery: string;
  /** How long a cut lasts. */
  readonly cutFor: string;
  /** Of both ends, in ms. */
  readonly timeout: number;
  /** Is given the memory of `iot serve`, in MB, each time that this number of lines has come; undefined: never. */
  readonly memory?: { readonly eachLines: number; readonly sample: (mb: number) => void };
}

export interface CampaignResult {
  readonly arrived: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  /** What `iot board` counted. */
  readonly fleet: FleetCounts;
}

export async function runCampaign(size: CampaignSize): Promise<CampaignResult> {
  const folder = temporaryFolder();
  const keys = join(folder, 'keys.psk');
  const ids = Array.from({ length: size.boards }, (_, index) => `board-${index + 1}`);
  const lines = ids.map((id) => `${id}:${makeKey().toString('hex')}\n`);
  writeFileSync(keys, lines.join(''), { mode: 0o600 });

  const arrivals = new Arrivals(ids);
  const broker = await startBroker((id, line) => arrivals.take(id, line));
  const timeout = ['--timeout', String(size.timeout)];
  const server = await serve([
    ...['--psk-file', keys, '--tls-port', '0', '--no-plain'],
    ...['--store', join(folder, 'store'), '--mqtt', broker],
    ...timeout,
  ]);
  const { memory } = size;
  if (memory !== undefined)
    arrivals.each(memory.eachLines, () => memory.sample(residentMb(server.program.process.pid!)));
  const chaos = new Program('iot', [
    ...['chaos', '--to', `${HOST}:${server.port}`],
    ...['--every', size.cutEvery, '--for', size.cutFor],
  ]);
  const [, port] = await chaos.printed(/ {2}listening on 127\.0\.0\.1:(\d+), the server is /);
  const board = new Program('iot', [
    ...['board', '--json', '--host', HOST, '--port', port!, '--psk-file', keys, ...timeout],
    ...['--count', String(size.boards), '--lines', String(size.lines), '--every', size.every],
  ]);
  const { code, stdout, stderr } = await board.outcome;
  if (code !== 0) throw new Error(`iot board ended with exit code ${code}: ${stderr}`);
  // The store has every line that was acked; the server publishes them before it ends.
  await arrivals.untilLast(size.lines);
  await chaos.interrupted();
  server.program.process.kill('SIGTERM');
  if ((await server.program.outcome).code !== 0) throw new Error('iot serve did not end well');
  const { arrived, lost, doubled, outOfOrder } = arrivals;
  return { arrived, lost, doubled, outOfOrder, fleet: JSON.parse(stdout) as FleetCounts };
}

/** What the broker was given. Each board numbers its lines from 1. */
class Arrivals {
  arrived = 0;
  /** Numbers that came when the number before them had not come; less those that came later. */
  lost = 0;
  doubled = 0;
  outOfOrder = 0;
  /** Of each board: the highest number that came, and those below it that did not. */
  readonly #boards: ReadonlyMap<string, { last: number; readonly missing: Set<number> }>;
  readonly #news = new News();
  #each = { lines: Infinity, call: (): void => undefined };

  constructor(ids: readonly string[]) {
    this.#boards = new Map(ids.map((id) => [id, { last: 0, missing: new Set() }]));
  }

  /** Calls this each time that this number of lines has come. */
  each(lines: number, call: () => void): void {
    this.#each = { lines, call };
  }

  take(id: string, line: string): void {
    const { n } = JSON.parse(line) as { n: number };
    const board = this.#boards.get(id)!;
    this.arrived += 1;
    for (let between = board.last + 1; between < n; between++) board.missing.add(between);
    this.lost += Math.max(0, n - board.last - 1);
    if (n > board.last) board.last = n;
    else if (board.missing.delete(n)) {
      this.lost -= 1;
      this.outOfOrder += 1;
    } else this.doubled += 1;
    if (this.arrived % this.#each.lines === 0) this.#each.call();
    this.#news.tell();
  }

  /** Waits for the line of this number from every board. */
  async untilLast(n: number): Promise<void> {
    const waiting = new Set(this.#boards.values());
    await this.#news.until(() => {
      for (const board of waiting) if (board.last >= n) waiting.delete(board);
      return waiting.size === 0;
    });
  }
}

/** The URL of a broker in this process, until the end of the test, which hands over each line of a board. */
async function startBroker(take: (id: string, line: string) => void): Promise<string> {
  const broker = await Aedes.createBroker({ queueLimit: 10_000 });
  broker.on('publish', ({ topic, payload }) => {
    const id = /^iot\/([^/]+)\/up$/.exec(topic)?.[1];
    if (id !== undefined) take(id, payload.toString());
  });
  const listener = createServer(broker.handle).listen(0, HOST);
  await once(listener, 'listening');
  onTestFinished(() => new Promise((resolve) => broker.close(() => listener.close(() => resolve()))));
  return `mqtt://${HOST}:${(listener.address() as AddressInfo).port}`;
}

function residentMb(pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kb) / 1024;
}
