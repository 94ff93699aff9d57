/**
 * A server process and a load process for each contestant. They run through all rounds and rows of lines, so that both
 * are warm.
 */
import { CONTESTANTS, type ContestantName } from '../contestants/contestants.js';
import type { LoadCalls, LoadRole, RunResult, RunSettings } from '../workers/load.js';
import type { Remote } from '../workers/remote.js';
import type { ServerCalls } from '../workers/server.js';
import { Processes } from './processes.js';
import type { Bench } from './row.js';

export interface Run extends RunResult {
  /** CPU time of both ends, in µs. */
  readonly cpuUs: number;
}

const WARM_UP_IN_FLIGHT = 16;

/**
 * The cores of the server and of the load, as if these were two machines. The kernel sometimes puts both on one core, where
 * one line at a time takes a quarter of the time: then the contestants of a round cannot be compared. A contestant that
 * writes to a disk or starts a second server has threads and processes for more than one core, and is not bound.
 */
function coresOf(contestant: ContestantName): [server?: number, load?: number] {
  const { modes } = CONTESTANTS[contestant];
  return modes.includes('stored') || modes.includes('bridged') ? [] : [0, 1];
}

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

  static async start(contestant: ContestantName, bench: Bench, bound: boolean): Promise<LinePair> {
    const processes = await Processes.create(bench);
    try {
      const [serverCore, loadCore] = bound ? coresOf(contestant) : [];
      const role: LoadRole = { contestant, endpoint: processes.endpoint, core: loadCore };
      const load = processes.start<LoadCalls>('load', role);
      return new LinePair(processes, await processes.serve({ lines: contestant, core: serverCore }), load);
    } catch (error) {
      await processes[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** One run. A warm-up run precedes the first run with the same settings. */
  async run(settings: RunSettings, warmUpMs: number): Promise<Run> {
    const kind = `${settings.mode} ${settings.bytes} ${settings.clients}`;
    if (!this.#warm.has(kind)) {
      // With one line at a time, too few lines would be sent to compile the code in the warm-up time.
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

  /** @param bound whether the processes, if this call starts them, are bound to cores */
  async get(contestant: ContestantName, bench: Bench, bound: boolean): Promise<LinePair> {
    const pair = this.#pairs.get(contestant) ?? (await LinePair.start(contestant, bench, bound));
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
