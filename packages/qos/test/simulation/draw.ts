import { Random, seedsFromEnv, type SeedRange } from '@iot/simulation';
import type { Habits } from './end.js';
import {
  bothVersions,
  originalClient,
  originalServer,
  replaced,
  session,
  type Protocol,
  type MakeOurs,
} from './makers.js';
import type { Fault, WorldOptions } from './world.js';

/** `SEED=17` replays one seed, `SEEDS=5000` runs that many; the soak runs ten thousand by itself. */
export const seeds = seedsOf(100);

/** @param count how many run when the environment does not say */
export function seedsOf(count: number): SeedRange {
  return seedsFromEnv(process.env, { count: process.env['MODE'] === 'soak' ? 10_000 : count });
}

/** A limit for a test that runs many seeds; none is near it. */
export const TIME_LIMIT_MS = 3_600_000;

/** The load, the timeouts and the faults of this simulation, drawn from its seed. */
export function draw(
  seed: number,
  faults: readonly Fault[],
  habits: Partial<Habits> = {},
  timeouts = [200, 1500],
  protocol: Protocol = 1,
): WorldOptions {
  const random = new Random(seed);
  const timeoutMs = random.pick(timeouts);
  return {
    timeoutMs,
    makeClient: session('client', timeoutMs, { protocol }),
    makeServer: session('server', timeoutMs, { protocol }),
    chunkings: ['as-written', 'random', 'bytes'],
    faults,
    faultyMs: timeoutMs * random.int(10, 60),
    faultPauseMs: timeoutMs * random.int(1, 8),
    awayMs: { min: 0, max: random.pick([1, timeoutMs, 3 * timeoutMs]) },
    latencyMs: { min: 0, max: random.pick([0, 5, timeoutMs / 10]) },
    habits: {
      identicalPayloads: false,
      writePauseMs: random.pick([timeoutMs / 20, timeoutMs / 2, 2 * timeoutMs]),
      readPauseMs: random.pick([1, timeoutMs / 20, timeoutMs]),
      burst: random.pick([1, 4, 40]),
      noQos: random.pick([0, 0.2, 0.7]),
      noWait: random.pick([0, 0.3, 1]),
      aborted: random.pick([0, 0.1, 0.5]),
      ...habits,
    },
  };
}

/**
 * What an original can bear: no split lines, no bursts that overflow its queue of 20, none of its own lines without qos
 * (it hangs on a lost one), no writes withdrawn, and a timeout that is long beside its fixed pauses of 200 and 50 ms. Its
 * first line may come to it twice; nothing else is forgiven.
 *
 * @param ours makes the end that is not an original
 */
export function kindly(
  seed: number,
  which: 'client' | 'server',
  protocol: Protocol | 'replaced' = 1,
  ours: MakeOurs = session,
): WorldOptions {
  const habits = { noQos: 0, aborted: 0, readPauseMs: 1 };
  const options = draw(seed, ['reset', 'stall', 'cut', 'kill'], habits, [500, 2000]);
  const { timeoutMs } = options;
  const other = which === 'client' ? 'server' : 'client';
  const bytes = other === 'client' ? { maxInFlightBytes: 1400 } : {};
  const limits = { maxInFlight: 8, maxUnreadLines: 20, ...bytes };
  const original = which === 'client' ? originalClient(timeoutMs) : originalServer(timeoutMs);
  const [one, another] =
    protocol === 'replaced'
      ? [
          replaced(original, ...bothVersions(which, timeoutMs, limits)),
          replaced(...bothVersions(other, timeoutMs, limits)),
        ]
      : [original, ours(other, timeoutMs, { ...limits, protocol })];
  return {
    ...options,
    chunkings: ['as-written'],
    makeClient: which === 'client' ? one : another,
    makeServer: which === 'client' ? another : one,
    ...(which === 'client' ? { awayMs: { min: 2 * timeoutMs + 3500, max: 2 * timeoutMs + 3500 } } : {}),
  };
}

/**
 * A board with the original client that says the same again and again and reboots at any time, and our server, which only
 * listens: what comes to an original a second time cannot be counted here. Without `waits` it has up to eight writes under
 * way.
 */
export function rebootingBoard(
  seed: number,
  { waits, ours = session }: { readonly waits: boolean; readonly ours?: MakeOurs },
): WorldOptions {
  const habits = { identicalPayloads: true, noQos: 0, aborted: 0, noWait: waits ? 0 : 1, readPauseMs: 1 };
  const options = draw(seed, ['reset', 'stall', 'cut', 'kill', 'kill'], habits, [500, 2000]);
  const { timeoutMs } = options;
  const awayMs = 2 * timeoutMs + 3500;
  return {
    ...options,
    serverHabits: { writePauseMs: 1e9 },
    chunkings: ['as-written'],
    makeClient: originalClient(timeoutMs, waits ? 1 : 8),
    // With space for all: an original that does not wait runs on past a line that is refused (PROTOCOL.md, What cannot be had).
    makeServer: ours('server', timeoutMs, { maxUnreadLines: 100, ackWhen: 'received' }),
    awayMs: { min: awayMs, max: awayMs },
    faultyMs: options.faultyMs + 10 * awayMs,
  };
}

/** In version 2 each direction of each link pauses once within its first bytes: hello, offer, opening lines, first messages. */
export function late(seed: number, timeouts: number, share: number): WorldOptions {
  const options = draw(seed, [], { inOrder: true, burst: 4 }, [400, 1500], 2);
  const ms = { min: 0, max: Math.floor(timeouts * options.timeoutMs) };
  const lateness = { bytes: 100, ms, share };
  const times = { latencyMs: { min: 0, max: 0 }, awayMs: { min: 0, max: 1 } };
  return { ...options, ...times, lateness };
}
