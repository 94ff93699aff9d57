/** The clients that load a server, in a separate process. */
import { sum } from '@iot/app-kit';
import type { Driver, Endpoint, Mode } from '../contestants/contestant.js';
import { CONTESTANTS, type ContestantName } from '../contestants/contestants.js';
import { Times } from '../statistics.js';
import { answerCalls, type Placed } from './remote.js';

export interface LoadRole extends Placed {
  readonly contestant: ContestantName;
  readonly endpoint: Endpoint;
}

export interface RunSettings {
  readonly mode: Mode;
  readonly clients: number;
  /** Lines in flight of each client. */
  readonly inFlight: number;
  /** Length of the text of each line. */
  readonly bytes: number;
  readonly durationMs: number;
}

export interface RunResult {
  readonly sent: number;
  readonly arrived: number;
  readonly seconds: number;
  /** CPU time of this process, in µs. */
  readonly cpuUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
}

const AT_A_TIME = 100;

/** The clients of each mode. They connect when they are first used. */
const drivers = new Map<Mode, Promise<Driver>[]>();

async function connected(
  { contestant, endpoint }: LoadRole,
  { mode, clients }: RunSettings,
): Promise<Driver[]> {
  const adapter = await CONTESTANTS[contestant].load();
  const connecting = drivers.get(mode) ?? [];
  drivers.set(mode, connecting);
  for (let number = connecting.length; number < clients; number++) {
    connecting.push(adapter.connect(endpoint, mode, number));
    // Wait for the first client, which may have to prepare something, and for every hundredth client after it,
    // because a server limits simultaneous new connections.
    if (number % AT_A_TIME === 0) await connecting[number];
  }
  return Promise.all(connecting.slice(0, clients));
}

const handlers = (role: LoadRole) => ({
  async run(settings: RunSettings): Promise<RunResult> {
    const { inFlight, bytes, durationMs } = settings;
    const clients = await connected(role, settings);
    const times = new Times();
    const before = process.cpuUsage();
    const start = performance.now();
    const load = { inFlight, line: 'x'.repeat(bytes), durationMs };
    const took = (ms: number): void => times.add(ms * 1000);
    const counted = await Promise.all(clients.map((client) => client.run(load, took)));
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(before);
    const [p50Us, p99Us, p999Us] = [0.5, 0.99, 0.999].map((share) => times.percentile(share));
    const [sent, arrived] = [sum(counted.map((it) => it.sent)), sum(counted.map((it) => it.arrived))];
    return { sent, arrived, seconds, cpuUs: user + system, p50Us: p50Us!, p99Us: p99Us!, p999Us: p999Us! };
  },
});

export type LoadCalls = ReturnType<typeof handlers>;

await answerCalls(handlers);
