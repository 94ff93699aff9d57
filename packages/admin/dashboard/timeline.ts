/** Outages over time, in equal steps up to now. Each step begins at a multiple of its length, so that a drawing stays still. */
import type { Outage } from './model.js';

interface Steps {
  readonly steps: number;
  readonly stepMs: number;
}

/** For each step, what part of it a board was down, from 0 to 1; of the last step, the part that has passed counts. */
export function downShares(outages: readonly Outage[], now: number, { steps, stepMs }: Steps): number[] {
  const first = firstStep(now, { steps, stepMs });
  const shares = new Array<number>(steps).fill(0);
  for (const { at, endedAt = now } of outages) {
    const end = Math.min(endedAt, now);
    for (let step = Math.max(0, Math.floor(at / stepMs) - first); step < steps; step++) {
      const from = (first + step) * stepMs;
      if (from >= end) break;
      const to = Math.min(from + stepMs, now);
      shares[step]! += (Math.min(end, to) - Math.max(at, from)) / (to - from);
    }
  }
  return shares;
}

/** The number of steps, the last ones, that were recorded. The current one always counts. */
export function recordedSteps(recordedSince: number, now: number, { steps, stepMs }: Steps): number {
  const recorded = Math.floor(now / stepMs) - Math.floor(recordedSince / stepMs) + 1;
  return Math.min(steps, Math.max(1, recorded));
}

export interface FleetTimeline {
  /** When each step begins, s since 1970: as uPlot wants it. */
  readonly times: readonly number[];
  /** Links that ended in each step; null for a step before the record began. */
  readonly ended: readonly (number | null)[];
  /** Boards that were down at the end of each step; null as above. */
  readonly down: readonly (number | null)[];
}

/** The outages of all boards. */
export function fleetTimeline(
  outages: Iterable<Outage>,
  recordedSince: number,
  now: number,
  { steps, stepMs }: Steps,
): FleetTimeline {
  const first = firstStep(now, { steps, stepMs });
  const ended = new Array<number>(steps).fill(0);
  /** How the number of boards that are down changes in each step. */
  const changes = new Array<number>(steps).fill(0);
  for (const { at, endedAt } of outages) {
    const start = Math.floor(at / stepMs) - first;
    if (start >= steps) continue;
    if (start >= 0) ended[start]! += 1;
    changes[Math.max(0, start)]! += 1;
    if (endedAt === undefined) continue;
    const end = Math.floor(endedAt / stepMs) - first;
    if (end < 0) changes[0]! -= 1;
    else if (end < steps) changes[end]! -= 1;
  }
  let down = 0;
  const downs = changes.map((change) => (down += change));
  const unrecorded = steps - recordedSteps(recordedSince, now, { steps, stepMs });
  const known = (counts: readonly number[]) =>
    counts.map((count, step) => (step < unrecorded ? null : count));
  return {
    times: ended.map((_, index) => ((first + index) * stepMs) / 1000),
    ended: known(ended),
    down: known(downs),
  };
}

function firstStep(now: number, { steps, stepMs }: Steps): number {
  return Math.floor(now / stepMs) - steps + 1;
}

/** How often each reason was there, the most frequent first. */
export function reasonsOf(outages: readonly Outage[]): [reason: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { reason } of outages) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}
