/**
 * Lines both ways through the gateway while its process and the broker are killed at random, and what came of them.
 *
 * A kill happens when a number of lines has arrived, not after a time: the seed decides the number, and who is killed. The gateway
 * is killed without warning (SIGKILL). The broker is ended by SIGTERM: Mosquitto writes what it has acked to its disk
 * then, and does not promise it otherwise.
 */
import { join } from 'node:path';
import { board, Program } from '@iot/app-kit/testing';
import type { Client } from '@iot/client';
import { SeededRandom } from '@iot/fault-proxy';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { News } from '@iot/vitest-config/news';
import { ownPort } from '@iot/vitest-config/ports';
import { connectAsync } from 'mqtt';
import { onTestFinished } from 'vitest';
import { mosquitto, type Broker } from '../brokers.js';

export interface CampaignOptions {
  readonly seed: number;
  /** The gateway has a store. */
  readonly store: boolean;
  readonly kills: number;
  readonly boards: number;
  /** Lines from each board, and as many for it. */
  readonly lines: number;
}

/** Lines of one direction, of all boards. */
export interface Counts {
  /** Never arrived. */
  readonly lost: number;
  /** Arrived again. */
  readonly doubled: number;
  /** Arrived for the first time after one that was sent later. */
  readonly overtaken: number;
}

export interface CampaignResult {
  readonly up: Counts;
  readonly down: Counts;
  readonly kills: { readonly gateway: number; readonly broker: number };
}

/** What has arrived, by board: lines with the numbers from 0 on, and then one more, which shows that no other comes. */
class Arrivals {
  readonly #lines: ReadonlyMap<string, number[]>;
  readonly #each: number;
  readonly #news: News;
  /** Different lines. */
  count = 0;
  /** Boards whose last line has arrived. */
  ended = 0;

  constructor(ids: readonly string[], each: number, news: News) {
    this.#lines = new Map(ids.map((id) => [id, []]));
    this.#each = each;
    this.#news = news;
  }

  add(id: string, line: number): void {
    const lines = this.#lines.get(id)!;
    if (!lines.includes(line)) {
      this.count += 1;
      if (line === this.#each) this.ended += 1;
    }
    lines.push(line);
    this.#news.tell();
  }

  counts(): Counts {
    let [lost, doubled, overtaken] = [0, 0, 0];
    for (const got of this.#lines.values()) {
      const firsts = [...new Set(got)];
      lost += this.#each + 1 - firsts.length;
      doubled += got.length - firsts.length;
      overtaken += firsts.filter((line, index) => index > 0 && line < firsts[index - 1]!).length;
    }
    return { lost, doubled, overtaken };
  }
}

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, store, kills, boards, lines } = options;
  const random = new SeededRandom(seed);
  const news = new News();
  const ids = Array.from({ length: boards }, (_, index) => `board ${index}`);
  const [up, down] = [new Arrivals(ids, lines, news), new Arrivals(ids, lines, news)];
  const broker = await mosquitto.make();
  await broker.start();
  const gateway = await RestartableGateway.start(broker, store);
  await broker.watch((message) => {
    const [, id, line] = /^iot\/(.*)\/up (\d+)$/.exec(message)!;
    up.add(id!, Number(line));
  });
  const clients = ids.map((id) => board(id, gateway.port, { host: gateway.host, timeout: 1500 }));
  await Promise.all(clients.map((client) => client.ready()));
  await Promise.all(ids.map((id) => gateway.program.printed(new RegExp(`subscribe iot/${id}/down: done\n`))));

  const all = 2 * boards * lines;
  const sent = [
    ...ids.map((id) => publish(broker, id, lines)),
    ...clients.map((client) => write(client, lines)),
  ];
  for (const client of clients) void read(client, down);
  const killed = { gateway: 0, broker: 0 };
  for (let kill = 1; kill <= kills; kill += 1) {
    const at = Math.floor(((kill - random.next()) / kills) * all * 0.95);
    await news.until(() => up.count + down.count >= at || up.ended + down.ended === 2 * boards);
    const who = random.next() < 0.5 ? 'gateway' : 'broker';
    killed[who] += 1;
    if (who === 'gateway') await gateway.killAndStart();
    else {
      await broker.stop();
      await broker.start();
    }
  }
  await Promise.all(sent);
  await news.until(() => up.ended + down.ended === 2 * boards);
  return { up: up.counts(), down: down.counts(), kills: killed };
}

/** Each line once it has the ack for the one before; one more than were asked for, which is the last. */
async function write(client: Client, lines: number): Promise<void> {
  for (let line = 0; line <= lines; line += 1) await client.write(String(line));
}

async function read(client: Client, arrivals: Arrivals): Promise<void> {
  for await (const line of client) arrivals.add(client.id, Number(line));
}

/**
 * QoS 2: the broker has each line once, whatever happens to it. One after the other: of several under way from one client
 * Mosquitto 2.0.11 with `max_inflight_messages 1` may lose one when it is restarted.
 */
async function publish(broker: Broker, id: string, lines: number): Promise<void> {
  const options = { clientId: `peer of ${id}`, clean: false, reconnectPeriod: 100 };
  const peer = await connectAsync(broker.url, options);
  peer.on('error', () => undefined); // it connects again by itself
  onTestFinished(() => peer.endAsync(true));
  for (let line = 0; line <= lines; line += 1) {
    await peer.publishAsync(`iot/${id}/down`, String(line), { qos: 2 });
  }
}

/** A gateway that comes back to its port. */
class RestartableGateway {
  readonly host: string;
  readonly port: number;
  program: Program;
  readonly #args: readonly string[];

  private constructor(host: string, port: number, args: readonly string[]) {
    this.host = host;
    this.port = port;
    this.#args = args;
    this.program = new Program('iot-mqtt', args);
  }

  static async start(broker: Broker, store: boolean): Promise<RestartableGateway> {
    const { host, port } = await ownPort();
    const folder = temporaryFolder();
    const args = ['--host', host, '--port', String(port), '--broker', broker.url];
    const files = [
      '--dead-letters',
      join(folder, 'dead.jsonl'),
      ...(store ? ['--store', join(folder, 'store')] : []),
    ];
    const gateway = new RestartableGateway(host, port, [...args, ...files]);
    await gateway.#listens();
    return gateway;
  }

  async killAndStart(): Promise<void> {
    this.program.process.kill('SIGKILL');
    await this.program.outcome;
    this.program = new Program('iot-mqtt', this.#args);
    await this.#listens();
  }

  async #listens(): Promise<void> {
    await this.program.printed(/listening on port \d+/);
  }
}
