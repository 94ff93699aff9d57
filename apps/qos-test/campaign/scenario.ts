/** One round of the campaign from its first process to its last, in order. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ProcessGroup, type Output } from '@iot/app-kit';
import { SeededRandom, startFaultProxy, type Endpoint, type FaultProxy } from '@iot/fault-proxy';
import type { CampaignSettings } from '../src/settings.js';
import { count } from './count.js';
import { End, type Group } from './end.js';
import { ID, OUTAGES, plan, type EndName, type Outage, type Step } from './plan.js';
import type { OutageCount, Outcome } from './outcome.js';
import type { Round } from './round.js';
import { makeTls } from './tls.js';
import { verdictOn, type Flow, type RunOfEnd } from './verdict.js';

const LOOPBACK = '127.0.0.1';

/** The part of the messages that the steps share; the rest is for outages that met no message, and for the end. */
const SHARED = 0.8;

/** Messages in each direction a step, where time is the limit. */
const STEP_MESSAGES = 400;

/** Times that an outage is tried until it meets messages in flight. */
const TRIES = 8;

/** The folder of the stores, among the journals. */
export const STORES = 'stores';

/** Plays one round; rejects when a process fails, something takes too long or `stop` is aborted. */
export async function play(
  round: Round,
  settings: CampaignSettings,
  folder: string,
  stop: AbortSignal,
  output: Output,
): Promise<Outcome> {
  const startedAt = performance.now();
  await checkFree(settings.port);
  await using proxy = await startFaultProxy({ to: () => scenario.server });
  await using group: Group = new ProcessGroup(stop, output.line);
  const scenario = new Scenario(round, settings, folder, { proxy, group, output });
  await scenario.begin();
  await scenario.steps();
  await scenario.finish();
  await group.end();
  group.over.throwIfAborted();
  return scenario.outcome((performance.now() - startedAt) / 1000);
}

interface Around {
  readonly proxy: FaultProxy;
  readonly group: Group;
  readonly output: Output;
}

class Scenario {
  readonly #round: Round;
  readonly #settings: CampaignSettings;
  readonly #proxy: FaultProxy;
  readonly #group: Group;
  readonly #output: Output;
  readonly #random: SeededRandom;
  readonly #ends: Readonly<Record<EndName, End>>;
  readonly #counts: Record<Outage, OutageCount>;
  /** Messages in each direction that have been allowed so far. */
  #allowed = 0;

  constructor(round: Round, settings: CampaignSettings, folder: string, { proxy, group, output }: Around) {
    this.#round = round;
    this.#settings = settings;
    this.#proxy = proxy;
    this.#group = group;
    this.#output = output;
    this.#random = new SeededRandom(settings.seed);
    const { timeout, store: durability, tls: kind } = settings;
    const tls = kind && { tls: makeTls(kind, folder, ID) };
    const end = (end: EndName, port: number): End => {
      const store =
        durability === undefined || !round.stores.includes(end)
          ? undefined
          : { folder: join(folder, STORES, end), durability };
      return new End(group, { end, folder, round, host: LOOPBACK, port, timeout, store, ...tls });
    };
    this.#ends = { client: end('client', proxy.port), server: end('server', settings.port) };
    const none = (): OutageCount => ({ inFlight: 0, missed: 0, lines: { client: 0, server: 0 }, backMs: [] });
    this.#counts = {
      ...{ fin: none(), rst: none() },
      ...{ stallToServer: none(), stallToClient: none(), stallBoth: none() },
    };
  }

  /** Where the server of now listens: port 0 is another port each time that it starts. */
  get server(): Endpoint {
    return { host: LOOPBACK, port: this.#ends.server.worker.latest('listening')!.port };
  }

  async begin(): Promise<void> {
    const { client, server } = this.#ends;
    await this.#startServer();
    client.start();
    await this.#bothUp();
    this.#output.step(`processes: server ${String(server.worker.pid)}, client ${String(client.worker.pid)}`);
  }

  async steps(): Promise<void> {
    const { messages, seconds, outages, kills } = this.#settings;
    const timed = seconds !== undefined;
    const { killed } = this.#round;
    const count = OUTAGES.length * outages + killed.length * kills;
    const share = timed ? STEP_MESSAGES : Math.floor((messages * SHARED) / Math.max(count, 1));
    const endAt = performance.now() + (seconds ?? 0) * 1000;
    for (const step of plan({ outages: timed ? undefined : outages, kills, killed }, this.#random)) {
      if (timed && performance.now() >= endAt) break;
      if (step.type === 'outage') await this.#outage(step.kind, share);
      else await this.#kill(step, share);
    }
  }

  /** The rest of the messages, unhindered, until all are acked. */
  async finish(): Promise<void> {
    const { messages, seconds } = this.#settings;
    if (seconds === undefined) this.#allow(messages);
    const ends = Object.values(this.#ends);
    for (const { worker } of ends) worker.ask({ type: 'finish' });
    await this.#until('the last acks', () => ends.every(({ worker }) => worker.count('finished') > 0));
    // What is acked now has been read long before the question for the report comes in.
    await Promise.all(ends.map((end) => end.report()));
    this.#output.step('all have stopped sending, and every line is acked');
  }

  outcome(seconds: number): Outcome {
    const { client, server } = this.#ends;
    const runs = { client: client.runs(), server: server.runs() };
    const end = (it: End): Outcome['ends'][EndName] => ({
      kills: it.kills,
      protocol: it.protocol,
      outages: it.total('outages'),
      retransmitted: it.total('retransmitted'),
      duplicatesDropped: it.total('duplicatesDropped'),
    });
    return {
      round: this.#round,
      seconds,
      toServer: this.#flow(runs, 'client', 'server'),
      toClient: this.#flow(runs, 'server', 'client'),
      outages: this.#counts,
      ends: { client: end(client), server: end(server) },
    };
  }

  #flow(runs: Readonly<Record<EndName, RunOfEnd[]>>, from: EndName, to: EndName): Flow {
    const { texts, stores, client } = this.#round;
    if (texts === 'identical') return count(runs[from], runs[to]);
    const has = (end: EndName): boolean => stores.includes(end);
    const original = to === 'client' && client === 'original';
    return verdictOn(runs[from], runs[to], { sender: has(from), receiver: has(to), original });
  }

  /** One outage in the midst of messages; again if it met none. */
  async #outage(kind: Outage, share: number): Promise<void> {
    const count = this.#counts[kind];
    for (let tries = 0; tries < TRIES; tries++) {
      const { client, server } = this.#ends;
      await this.#inTheMidst(share);
      const downs = { client: downsOf(client), server: downsOf(server) };
      const bothDown = (): boolean => downsOf(client) > downs.client && downsOf(server) > downs.server;
      const beganAt = performance.now();
      if (kind === 'fin' || kind === 'rst') {
        this.#proxy.cut(kind);
        await this.#until(`both ends notice ${kind}`, bothDown);
      } else {
        this.#proxy.stall(DIRECTION[kind]);
        await this.#until(`both ends notice ${kind}`, bothDown);
        await this.#group.pause(this.#random.from(0, this.#settings.timeout / 3));
        this.#proxy.resume();
      }
      await this.#bothUp();
      count.backMs.push(performance.now() - beganAt);

      const atClient = client.told.unresolvedAtDown[downs.client]!;
      const atServer = server.told.unresolvedAtDown[downs.server]!;
      count.lines.client += atClient;
      count.lines.server += atServer;
      const met = atClient > 0 && atServer > 0;
      this.#output.step(`${kind}: ${atClient} lines to the server and ${atServer} to the client in flight`);
      if (met) {
        count.inFlight += 1;
        return;
      }
      count.missed += 1;
    }
  }

  async #kill({ end: name, hold, loses }: Kill, share: number): Promise<void> {
    const end = this.#ends[name];
    await this.#inTheMidst(share);
    if (hold !== 'nothing') {
      this.#proxy.stall(hold);
      await this.#group.pause(this.#random.from(0, this.#settings.timeout / 4));
    }
    await end.report();
    const { unresolved } = end.told.facts;
    // Another program may get the port of a server that is gone.
    if (name === 'server') this.#proxy.refuse(true);
    await end.kill();
    if (loses) this.#proxy.cut('rst');
    this.#proxy.resume();
    this.#output.step(
      `${end.worker.name} killed, ${unresolved} of its writes unresolved; held: ${hold}${loses ? ', and lost' : ''}`,
    );
    await this.#group.pause(this.#random.from(0, this.#settings.timeout / 2));
    if (name === 'server') await this.#startServer();
    else end.start();
    await this.#bothUp();
  }

  async #startServer(): Promise<void> {
    const { server } = this.#ends;
    server.start();
    await this.#until('the server listens', () => server.worker.latest('listening'));
    this.#proxy.refuse(false);
  }

  /** Lets the share of one step be written, and waits for a moment, drawn from the random seed, in the first quarter of it. */
  async #inTheMidst(share: number): Promise<void> {
    const { client, server } = this.#ends;
    await this.#settled();
    const read = (): number => client.read + server.read;
    const point = read() + this.#random.from(1, Math.max(1, Math.floor(share / 2)));
    const { messages, seconds } = this.#settings;
    this.#allow(seconds === undefined ? Math.min(messages, this.#allowed + share) : this.#allowed + share);
    await this.#until('messages', () => read() >= point);
  }

  /** Both ends are up, for so long that the client comes back from the next outage at once. */
  async #settled(): Promise<void> {
    const lasted = 1.25 * this.#settings.timeout;
    for (;;) {
      await this.#bothUp();
      const since = Math.max(...Object.values(this.#ends).map(({ told }) => told.upSince));
      const left = since + lasted - performance.now();
      if (left <= 0) return;
      await this.#group.pause(left);
    }
  }

  /** Waits for at most a minute without a line that is read. */
  async #until(what: string, look: () => unknown): Promise<void> {
    await this.#group.until(what, look, 30_000);
  }

  async #bothUp(): Promise<void> {
    await this.#until('both ends up', () => Object.values(this.#ends).every(({ told }) => told.up));
  }

  #allow(lines: number): void {
    this.#allowed = lines;
    for (const end of Object.values(this.#ends)) end.allow(lines);
  }
}

function downsOf({ told }: End): number {
  return told.unresolvedAtDown.length;
}

type Kill = Step & { readonly type: 'kill' };

const DIRECTION = { stallToServer: 'toServer', stallToClient: 'toClient', stallBoth: 'both' } as const;

/** Says that a port is taken, in the words of the campaign. */
async function checkFree(port: number): Promise<void> {
  const probe = createServer().listen(port, LOOPBACK);
  try {
    await once(probe, 'listening');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const message = `cannot listen on port ${String(port)} (${code}): end what has it, or take another --port`;
    throw new Error(message, { cause: error });
  }
  probe.close();
  await once(probe, 'close');
}
