/** The sizes of all measurements, for the full bench and the quick bench. docs/performance.md explains the rows. */
import type { FleetName } from './fleet/serve.js';
import { CONTESTANT_NAMES, type ContestantName } from './contestants/contestants.js';

export interface Scale {
  readonly rounds: number;
  /** Duration of one run of lines. */
  readonly durationMs: number;
  /** Duration of the warm-up before a measurement, in which code is compiled. */
  readonly warmUpMs: number;
  /** True: server and load of a row of lines stay on different cores. On a busy machine this makes them wait for their core. */
  readonly boundToCores: boolean;
  /** Numbers of lines in flight, one row `acked-N` for each. */
  readonly inFlight: readonly number[];
  /** Numbers of clients, with one line in flight each, whose lines are stored. */
  readonly storing: readonly number[];
  /** Numbers of clients whose lines go on to a second broker. */
  readonly bridging: readonly number[];
  /**
   * True: also measure both directions at once, unsafe lines, long lines, recovery, a busy neighbour, and
   * @iot/admin.
   */
  readonly everything: boolean;
  readonly contestants: readonly ContestantName[];
  /** Numbers of clients of a server, ascending. */
  readonly fleets: readonly number[];
  readonly fleetContestants: readonly FleetName[];
  /** Rounds of the rows of fleets and outages, in which a round takes seconds. */
  readonly slowRounds: number;
  /**
   * Pause after the last client is up, until the garbage of connecting is collected and keepalives are evenly
   * spread.
   */
  readonly settledMs: number;
  /**
   * Duration of each of three phases: idle, one line per second from each client, and `costPerSecond` lines
   * from all clients.
   */
  readonly fleetMs: number;
  /**
   * Lines per second of all clients together, while the CPU time per line is measured. The same for every
   * number of clients.
   */
  readonly costPerSecond: number;
  /** Number of clients in the rows `storm` and `neighbour`. */
  readonly stormClients: number;
  /** Duration of the row `neighbour`, in which other processes use all CPU time. */
  readonly neighbourMs: number;
  /** Interval between two scrapes of the metrics. */
  readonly scrapeMs: number;
}

export const WHOLE: Scale = {
  rounds: 7,
  durationMs: 1500,
  warmUpMs: 2000,
  boundToCores: true,
  inFlight: [1, 16, 100],
  storing: [1, 100, 1000],
  bridging: [1, 16, 100],
  everything: true,
  contestants: CONTESTANT_NAMES,
  fleets: [10, 100, 1000, 10_000],
  fleetContestants: ['ours-2', 'ours-1', 'raw'],
  slowRounds: 3,
  settledMs: 2000,
  fleetMs: 5000,
  costPerSecond: 10_000,
  stormClients: 5000,
  neighbourMs: 20_000,
  scrapeMs: 15_000,
};

export const QUICK: Scale = {
  rounds: 3,
  durationMs: 200,
  warmUpMs: 800,
  boundToCores: false,
  inFlight: [1, 100],
  storing: [],
  bridging: [],
  everything: false,
  contestants: ['ours-2', 'ours-1', 'raw', 'mini2', 'socket.io', 'mosquitto-1', 'nats-request'],
  fleets: [10, 1000],
  fleetContestants: ['ours-2', 'raw'],
  slowRounds: 1,
  settledMs: 500,
  fleetMs: 800,
  costPerSecond: 4000,
  stormClients: 500,
  neighbourMs: 2000,
  scrapeMs: 200,
};
