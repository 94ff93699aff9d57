/** Rows of many clients of one server, compared with raw sockets that send the same keepalives. */
import type { FleetName } from '../fleet/serve.js';
import type { Scale } from '../scale.js';
import type { BusyCalls } from '../workers/busy.js';
import type { FleetCalls } from '../workers/fleet.js';
import type { Remote } from '../workers/remote.js';
import type { ServerCalls } from '../workers/server.js';
import { Processes } from './processes.js';
import type { Bench, Row } from './row.js';

const DOWN_MS = 1000;
/** Added to the time limit of waits, because many clients take long to connect and reconnect. */
const EXTRA_MS = 240_000;
/**
 * Minimum number of clients to measure memory. With fewer, their memory is smaller than the normal variation
 * of the process's RSS.
 */
const MEASURABLE = 5000;
/** Files that a process has open besides its sockets. */
const OTHER_FILES = 200;
const BUSY_LOOPS = 2;

export function fleetRows(scale: Scale): Row[] {
  const rows = scale.fleets.map((clients) => fleetRow(scale, clients));
  rows.push(stormRow(scale));
  if (scale.everything) rows.push(neighbourRow(scale), adminRow(scale));
  return rows;
}

function fleetRow(scale: Scale, clients: number): Row {
  return {
    name: `fleet-${clients}`,
    title: `${clients} clients, one line a second from each`,
    contestants: scale.fleetContestants,
    metrics: [
      { key: 'connects', title: 'connects', unit: '/s' },
      { key: 'idle', title: 'idle CPU', unit: 'cores' },
      { key: 'memory', title: 'memory a client', unit: 'KB' },
      { key: 'p50', title: 'p50', unit: 'µs' },
      { key: 'p99', title: 'p99', unit: 'µs' },
      { key: 'cost', title: 'CPU a line', unit: 'µs' },
      { key: 'lost', title: 'links lost', unit: '' },
    ],
    rounds: scale.slowRounds,
    seconds: 3 + (scale.warmUpMs + scale.settledMs) / 1000 + clients / 2000 + (3 * scale.fleetMs) / 1000,
    files: clients + OTHER_FILES,

    async measure(contestant, bench) {
      await using fleet = await Fleet.create(contestant as FleetName, bench);
      const { server, load, processes } = fleet;
      await load.call('warmUp', scale.warmUpMs);
      const emptyBytes = await server.call('memoryBytes', undefined);
      const seconds = await load.call('connect', clients, EXTRA_MS);
      await processes.pause(scale.settledMs);
      const bytes = (await server.call('memoryBytes', undefined)) - emptyBytes;
      const lines = (perSecond: number) =>
        load.call('lines', { perSecond, durationMs: scale.fleetMs }, scale.fleetMs);
      const { p50Us, p99Us } = await lines(clients);
      const idle = await fleet.coresDuring(() => processes.pause(scale.fleetMs));
      const cost = await fleet.costOf(idle.cores, () => lines(scale.costPerSecond));
      return {
        connects: clients / seconds,
        idle: idle.cores,
        memory: clients < MEASURABLE ? NaN : bytes / 1024 / clients,
        p50: p50Us,
        p99: p99Us,
        cost,
        lost: (await load.call('counts', undefined)).lost,
      };
    },
  };
}

function stormRow(scale: Scale): Row {
  const { stormClients } = scale;
  return {
    name: 'storm',
    title: `the server is killed under ${stormClients} clients, and back after ${DOWN_MS / 1000} s`,
    contestants: scale.fleetContestants,
    metrics: [
      { key: 'back', title: 'all are back after', unit: 's' },
      { key: 'block', title: 'longest block', unit: 'ms' },
    ],
    rounds: scale.slowRounds,
    seconds: 10 + stormClients / 1000,
    files: stormClients + OTHER_FILES,

    async measure(contestant, bench) {
      await using fleet = await Fleet.create(contestant as FleetName, bench);
      await fleet.load.call('connect', stormClients, EXTRA_MS);
      await fleet.processes.pause(scale.settledMs);
      await fleet.server.end();
      await fleet.processes.pause(DOWN_MS);
      const server = await fleet.processes.serve({ fleet: fleet.name });
      const start = performance.now();
      await fleet.load.call('allUp', undefined, EXTRA_MS);
      const back = (performance.now() - start) / 1000;
      return { back, block: await server.call('longestBlockMs', undefined) };
    },
  };
}

function neighbourRow(scale: Scale): Row {
  const { stormClients, neighbourMs } = scale;
  return {
    name: 'neighbour',
    title: `${BUSY_LOOPS} busy loops beside ${stormClients} clients, for ${neighbourMs / 1000} s`,
    contestants: scale.fleetContestants,
    metrics: [
      { key: 'lost', title: 'links lost', unit: '' },
      { key: 'reconnects', title: 'reconnects', unit: '' },
      { key: 'block', title: 'longest block', unit: 'ms' },
    ],
    rounds: scale.slowRounds,
    seconds: 5 + stormClients / 1000 + neighbourMs / 1000,
    files: stormClients + OTHER_FILES,

    async measure(contestant, bench) {
      await using fleet = await Fleet.create(contestant as FleetName, bench);
      const { server, load, processes } = fleet;
      await load.call('connect', stormClients, EXTRA_MS);
      await processes.pause(scale.settledMs);
      const before = await load.call('counts', undefined);
      await server.call('longestBlockMs', undefined);
      for (let i = 0; i < BUSY_LOOPS; i++)
        await processes.start<BusyCalls>('busy', {}).call('start', undefined);
      await processes.pause(neighbourMs);
      const after = await load.call('counts', undefined);
      const block = await server.call('longestBlockMs', undefined);
      return { lost: after.lost - before.lost, reconnects: after.ups - before.ups, block };
    },
  };
}

/** The CPU cost of @iot/admin: the server without it, with it but without requests, and with scrapes. */
export function adminRow({ fleets, settledMs, scrapeMs, slowRounds: rounds }: Scale): Row {
  const clients = fleets.at(-1)!;
  const durationMs = 2 * scrapeMs;
  return {
    name: 'admin',
    title: `@iot/admin at ${clients} clients with a line a second each, scraped every ${scrapeMs / 1000} s`,
    contestants: ['ours-2'],
    metrics: [
      { key: 'without', title: 'without', unit: 'cores' },
      { key: 'attached', title: 'attached', unit: 'cores' },
      { key: 'scraped', title: 'scraped', unit: 'cores' },
      { key: 'added', title: 'added, of a core', unit: '%' },
    ],
    rounds,
    seconds: 3 + (settledMs + 3 * durationMs) / 1000 + clients / 2000,
    files: clients + OTHER_FILES,

    async measure(contestant, bench) {
      await using fleet = await Fleet.create(contestant as FleetName, bench);
      const { server, load, processes } = fleet;
      await load.call('connect', clients, EXTRA_MS);
      await processes.pause(settledMs);
      const lines = () => load.call('lines', { perSecond: clients, durationMs }, durationMs);
      const { cores: without } = await fleet.coresDuring(lines);
      const port = await server.call('attachAdmin', undefined);
      const { cores: attached } = await fleet.coresDuring(lines);
      const scrape = async (): Promise<void> => {
        for (let passed = 0; passed < durationMs; passed += scrapeMs) {
          await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
          await processes.pause(scrapeMs);
        }
      };
      const { cores: scraped } = await fleet.coresDuring(() => Promise.all([lines(), scrape()]));
      return { without, attached, scraped, added: (scraped - without) * 100 };
    },
  };
}

/** A server, and the process of its future clients. */
class Fleet implements AsyncDisposable {
  readonly processes: Processes;
  readonly name: FleetName;
  readonly server: Remote<ServerCalls>;
  readonly load: Remote<FleetCalls>;

  private constructor(
    processes: Processes,
    name: FleetName,
    server: Remote<ServerCalls>,
    load: Remote<FleetCalls>,
  ) {
    this.processes = processes;
    this.name = name;
    this.server = server;
    this.load = load;
  }

  static async create(name: FleetName, bench: Bench): Promise<Fleet> {
    const processes = await Processes.create(bench);
    try {
      const load = processes.start<FleetCalls>('fleet', { fleet: name, endpoint: processes.endpoint });
      return new Fleet(processes, name, await processes.serve({ fleet: name }), load);
    } catch (error) {
      await processes[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The number of cores that the server uses while `work` runs. */
  async coresDuring<T>(
    wait: () => Promise<T>,
  ): Promise<{ cores: number; cpuUs: number; us: number; value: T }> {
    const before = await this.server.call('cpuUs', undefined);
    const start = performance.now();
    const value = await wait();
    const us = (performance.now() - start) * 1000;
    const cpuUs = (await this.server.call('cpuUs', undefined)) - before;
    return { cores: cpuUs / us, cpuUs, us, value };
  }

  /** The server's CPU time per line minus its idle CPU time, in µs. NaN if it cannot be measured. */
  async costOf(idleCores: number, lines: () => Promise<{ acked: number }>): Promise<number> {
    const { cpuUs, us, value } = await this.coresDuring(lines);
    const cost = (cpuUs - idleCores * us) / value.acked;
    // A server at its limit does less idle work, so the difference would be wrong.
    return cost > 0 ? cost : NaN;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.processes[Symbol.asyncDispose]();
  }
}
