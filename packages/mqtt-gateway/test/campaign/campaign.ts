/**
 * Lines both ways through the gateway while its process, the broker and boards are killed at random, and what came of them.
 *
 * A kill happens when a number of lines has arrived, not after a time: a seed decides the number, and who is killed. The gateway
 * and the boards are killed without warning (SIGKILL). Mosquitto is ended by SIGTERM: it writes what it has acked to its disk
 * then, and does not promise it otherwise. Aedes, which keeps all in this process, ends its links and its listener.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Program } from '@iot/app-kit/testing';
import { SeededRandom } from '@iot/fault-proxy';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { News } from '@iot/vitest-config/news';
import { ownPort } from '@iot/vitest-config/ports';
import { connectAsync } from 'mqtt';
import { inject, onTestFinished } from 'vitest';
import type { Broker, BrokerKind } from '../brokers.js';
import type { BoardNews } from './board.js';

export interface CampaignOptions {
  readonly seed: number;
  readonly broker: BrokerKind;
  /** With which messages for boards are published. With 2 the broker has each once, whatever happens to its link. */
  readonly qos: 1 | 2;
  /** The gateway and the boards have stores. */
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
  /** Arrived again, and not as the line that a killed board was handed and was not done with. */
  readonly doubled: number;
  /** Arrived for the first time after one that was sent later. */
  readonly overtaken: number;
}

export interface CampaignResult {
  readonly up: Counts;
  readonly down: Counts;
  readonly kills: { readonly gateway: number; readonly broker: number; readonly board: number };
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

  /** @param redelivered the board had been handed it before it was killed, and knows */
  add(id: string, line: number, redelivered = false): void {
    const lines = this.#lines.get(id)!;
    if (redelivered && lines.includes(line)) return;
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

export function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  return new Promise((resolve, reject) => {
    run(options, reject).then(resolve, reject);
  });
}

async function run(options: CampaignOptions, failed: (error: Error) => void): Promise<CampaignResult> {
  const { seed, qos, store, kills, boards, lines } = options;
  const random = new SeededRandom(seed);
  const news = new News();
  const ids = Array.from({ length: boards }, (_, index) => `board ${index}`);
  const [up, down] = [new Arrivals(ids, lines, news), new Arrivals(ids, lines, news)];
  const broker = await options.broker.make();
  await broker.start();
  const gateway = await RestartableGateway.start(broker, store);
  await broker.watch((message) => {
    const [, id, line] = /^iot\/(.*)\/up (\d+)$/.exec(message)!;
    up.add(id!, Number(line));
  });
  const fleet = ids.map((id) => new RestartableBoard(id, gateway, { lines, store, down, failed }));
  await Promise.all(ids.map((id) => gateway.program.printed(new RegExp(`subscribe iot/${id}/down: done\n`))));

  const all = 2 * boards * lines;
  const sent = ids.map((id) => publish(broker, id, lines, qos));
  const killed = { gateway: 0, broker: 0, board: 0 };
  const kill = {
    gateway: () => gateway.killAndStart(),
    broker: async () => {
      await broker.stop();
      await broker.start();
    },
    board: () => random.pick(fleet).killAndStart(),
  };
  for (let count = 1; count <= kills; count += 1) {
    const at = Math.floor(((count - random.next()) / kills) * all * 0.95);
    await news.until(() => up.count + down.count >= at || up.ended + down.ended === 2 * boards);
    const who = random.pick(['gateway', 'broker', 'board'] as const);
    killed[who] += 1;
    await kill[who]();
  }
  await Promise.all(sent);
  await news.until(() => up.ended + down.ended === 2 * boards);
  return { up: up.counts(), down: down.counts(), kills: killed };
}

/**
 * One after the other: of several under way from one client Mosquitto 2.0.11 with `max_inflight_messages 1` may lose one
 * when it is restarted.
 */
async function publish(broker: Broker, id: string, lines: number, qos: 1 | 2): Promise<void> {
  const options = { clientId: `peer of ${id}`, clean: false, reconnectPeriod: 100 };
  const peer = await connectAsync(broker.url, options);
  peer.on('error', () => undefined); // it connects again by itself
  onTestFinished(() => peer.endAsync(true));
  for (let line = 0; line <= lines; line += 1) {
    await peer.publishAsync(`iot/${id}/down`, String(line), { qos });
  }
}

interface BoardRun {
  readonly lines: number;
  readonly store: boolean;
  /** What has come to boards. */
  readonly down: Arrivals;
  /** Called when a board has ended that was not killed. */
  readonly failed: (error: Error) => void;
}

/** A board that goes on after the last line that was safe. */
class RestartableBoard {
  readonly #id: string;
  readonly #gateway: RestartableGateway;
  readonly #run: BoardRun;
  readonly #folder = temporaryFolder();
  #first = 0;
  #process: ChildProcess;

  constructor(id: string, gateway: RestartableGateway, run: BoardRun) {
    this.#id = id;
    this.#gateway = gateway;
    this.#run = run;
    this.#process = this.#start();
    onTestFinished(() => void this.#process.kill('SIGKILL'));
  }

  async killAndStart(): Promise<void> {
    const closed = once(this.#process, 'close'); // all that it told has come then
    this.#process.kill('SIGKILL');
    await closed;
    this.#process = this.#start();
  }

  #start(): ChildProcess {
    const { lines, store, down } = this.#run;
    const { host, port } = this.#gateway;
    const args = [this.#id, host, port, this.#first, lines, ...(store ? [this.#folder] : [])].map(String);
    const child = fork(join(inject('programs'), 'campaign-board.js'), args, { execArgv: [] });
    child.on('exit', (code) => {
      if (code !== null)
        this.#run.failed(new Error(`${this.#id} has ended by itself, with exit code ${code}`));
    });
    child.on('message', (news: BoardNews) => {
      if (news.type === 'sent') this.#first = news.line + 1;
      else down.add(this.#id, news.line, news.redelivered);
    });
    return child;
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
