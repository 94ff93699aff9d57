/** A server and a load for each contestant, which go on through all rounds and rows of lines: both are warm. */
import type { ContestantName } from '../contestants/contestants.js';
import type { LoadCalls, RunResult, RunSettings } from '../workers/load.js';
import type { Remote } from '../workers/remote.js';
import type { ServerCalls } from '../workers/server.js';
import { Processes } from './processes.js';
import type { Bench } from './row.js';

export interface Run extends RunResult {
  /** CPU time of both ends, in µs. */
  readonly cpuUs: number;
}

const WARM_UP_IN_FLIGHT = 16;

class LinePair {
  readonly processes: Processes;
  readonly #server: Remote<ServerCalls>;
  readonly #load: Remote<LoadCalls>;
  readonly #warm = new Set<string>();

  private constructor(processes: Processes, server: Remote<ServerCalls>, load: Remote<LoadCalls>) {
    this.processes = processes;
    this.#server = server;
    this.#load = load;
  }

  static async start(contestant: ContestantName, bench: Bench): Promise<LinePair> {
    const processes = await Processes.create(bench);
    try {
      const load = processes.start<LoadCalls>('load', { contestant, endpoint: processes.endpoint });
      return new LinePair(processes, await processes.serve({ lines: contestant }), load);
    } catch (error) {
      await processes[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** One run. The first of its kind comes after a run that warms up. */
  async run(settings: RunSettings, warmUpMs: number): Promise<Run> {
    const kind = `${settings.mode} ${settings.bytes} ${settings.clients}`;
    if (!this.#warm.has(kind)) {
      // One line at a time would be too few for the compiler in so short a time.
      for (const inFlight of [WARM_UP_IN_FLIGHT, 1]) {
        await this.#load.call('run', { ...settings, inFlight, durationMs: warmUpMs / 2 });
      }
    }
    this.#warm.add(kind);
    const before = await this.#server.call('cpuUs', undefined);
    const result = await this.#load.call('run', settings, settings.durationMs);
    const server = (await this.#server.call('cpuUs', undefined)) - before;
    return { ...result, cpuUs: result.cpuUs + server };
  }
}

export class LinePairs implements AsyncDisposable {
  readonly #pairs = new Map<ContestantName, LinePair>();

  async get(contestant: ContestantName, bench: Bench): Promise<LinePair> {
    const pair = this.#pairs.get(contestant) ?? (await LinePair.start(contestant, bench));
    this.#pairs.set(contestant, pair);
    return pair;
  }

  /** Ends the processes of a contestant; the next `get` starts others. */
  async drop(contestant: ContestantName): Promise<void> {
    const pair = this.#pairs.get(contestant);
    this.#pairs.delete(contestant);
    await pair?.processes[Symbol.asyncDispose]();
  }

  /** Ends all processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#pairs.keys()].map((contestant) => this.drop(contestant)));
  }
}
