/** How much is measured: everything, or what a minute allows. */
import type { FleetName } from './fleet/serve.js';
import { CONTESTANT_NAMES, type ContestantName } from './contestants/contestants.js';

export interface Scale {
  readonly rounds: number;
  /** Of one run of lines. */
  readonly durationMs: number;
  /** Before what is measured, so that the code is compiled. */
  readonly warmUpMs: number;
  /** Lines in flight of the acked round trip. */
  readonly inFlight: readonly number[];
  /** Clients, with one line in flight each, whose lines are stored. */
  readonly storing: readonly number[];
  /** Clients whose lines go on to a broker elsewhere. */
  readonly bridging: readonly number[];
  /** Both directions at once, unsafe lines, long lines, recovery, a busy neighbour, and @iot/admin too. */
  readonly everything: boolean;
  readonly contestants: readonly ContestantName[];
  /** Clients of the server, from the fewest to the most. */
  readonly fleets: readonly number[];
  readonly fleetContestants: readonly FleetName[];
  /** Of the rows of fleets and outages, a round of which takes seconds. */
  readonly slowRounds: number;
  /** After the last client is up, until the garbage of connecting is collected and keepalives are evenly spread. */
  readonly settledMs: number;
  /** Each of: idle, one line a second from each client, all clients together at `costPerSecond`. */
  readonly fleetMs: number;
  /** Lines a second of all clients together, whatever their number, where the cost of a line is measured. */
  readonly costPerSecond: number;
  /** Clients when the server is killed, and when there is a busy neighbour. */
  readonly stormClients: number;
  readonly neighbourMs: number;
  /** Between two readings of the metrics. */
  readonly scrapeMs: number;
}

export const WHOLE: Scale = {
  rounds: 7,
  durationMs: 1500,
  warmUpMs: 2000,
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
