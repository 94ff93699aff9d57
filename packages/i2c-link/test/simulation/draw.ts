import { Random, seedsFromEnv, type Chunking } from '@iot/simulation';
import type { Fault } from './faults.js';

/** `SEED=17` replays one seed, `SEEDS=5000` runs that many; the soak runs five thousand by itself. */
export const seeds = seedsFromEnv(process.env, { count: process.env['MODE'] === 'soak' ? 5000 : 25 });

/** A limit for a test that runs many seeds; none is near it. */
export const TIME_LIMIT_MS = 24 * 3_600_000;

/** How the applications of one world behave. */
export interface Habits {
  /** Pause between writes, and between reads, of at most this many ms. */
  readonly writePauseMs: number;
  readonly readPauseMs: number;
  /** Share of the pauses between writes that are idle phases, of at most this many ms. */
  readonly idle: number;
  readonly idleMs: number;
  /** Lines written in one go, at most. */
  readonly burst: number;
  /** Share of writes with `qos: false`, and of the rest with `wait: false`. */
  readonly noQos: number;
  readonly noWait: number;
  /** Share of the lines read at which the board resets its responder there and then. */
  readonly rebootOnRead: number;
}

export interface WorldOptions {
  readonly board: 'ours' | 'original';
  readonly responder: 'ours' | 'original';
  readonly faults: readonly Fault[];
  /** Every line has the same text. */
  readonly identical: boolean;
  readonly longLinesUp: boolean;
  readonly longLinesDown: boolean;
  /** Length of the first phase, in which faults happen, and the mean pause between them. */
  readonly faultyMs: number;
  readonly faultPauseMs: number;
  readonly timeoutMs: number;
  readonly reportSeconds: number;
  readonly exchangeIntervalMs: number;
  readonly khz: number;
  readonly latencyMs: number;
  readonly chunking: Chunking;
  /** The longest that the client stays away after a link has ended. */
  readonly awayMs: number;
  readonly habits: Habits;
}

/** The load, the timeouts and the faults of this simulation, drawn from its seed. */
export function draw(
  seed: number,
  options: Pick<WorldOptions, 'faults'> & Partial<WorldOptions>,
): WorldOptions {
  const random = new Random(seed);
  const timeoutMs = random.pick([500, 1500]);
  return {
    board: 'ours',
    responder: 'ours',
    identical: false,
    longLinesUp: true,
    longLinesDown: true,
    faultyMs: random.int(10_000, 30_000),
    faultPauseMs: random.pick([500, 2000, 6000]),
    timeoutMs,
    reportSeconds: random.pick([0, 1, 7]),
    exchangeIntervalMs: random.pick([20, 50, 100]),
    khz: random.pick([100, 400]),
    latencyMs: random.pick([0, 5, timeoutMs / 10]),
    chunking: random.pick(['as-written', 'random'] as const),
    awayMs: random.pick([1, timeoutMs, 3 * timeoutMs]),
    habits: {
      writePauseMs: random.pick([50, 500, 2000]),
      readPauseMs: random.pick([1, 200, 2000]),
      idle: random.pick([0, 0.1]),
      idleMs: 12_000,
      burst: random.pick([1, 3, 10]),
      noQos: random.pick([0, 0.2]),
      noWait: random.pick([0, 0.3]),
      rebootOnRead: random.pick([0, 0, 0.05]),
    },
    ...options,
  };
}
