/** A client that loads a server, in a process of its own. */
import type { Driver, Endpoint, Mode } from '../contestants/contestant.js';
import { CONTESTANTS, type ContestantName } from '../contestants/contestants.js';
import { Times } from '../statistics.js';
import { answerCalls } from './remote.js';

export interface LoadRole {
  readonly contestant: ContestantName;
  readonly endpoint: Endpoint;
}

export interface RunSettings {
  readonly mode: Mode;
  readonly inFlight: number;
  /** Of the text of each line. */
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

/** One client for each mode, connected when it is asked for first. */
const drivers = new Map<Mode, Promise<Driver>>();

const handlers = ({ contestant, endpoint }: LoadRole) => ({
  async run({ mode, inFlight, bytes, durationMs }: RunSettings): Promise<RunResult> {
    const connecting =
      drivers.get(mode) ?? CONTESTANTS[contestant].load().then((it) => it.connect(endpoint, mode));
    drivers.set(mode, connecting);
    const driver = await connecting;
    const times = new Times();
    const before = process.cpuUsage();
    const start = performance.now();
    const counted = await driver.run({ inFlight, line: 'x'.repeat(bytes), durationMs }, (ms) => {
      times.add(ms * 1000);
    });
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(before);
    const [p50Us, p99Us, p999Us] = [0.5, 0.99, 0.999].map((share) => times.percentile(share));
    return { ...counted, seconds, cpuUs: user + system, p50Us: p50Us!, p99Us: p99Us!, p999Us: p999Us! };
  },
});

export type LoadCalls = ReturnType<typeof handlers>;

await answerCalls(handlers);
