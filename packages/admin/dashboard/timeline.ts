/** Outages over time. */
import type { Outage } from './model.js';

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The parts of a span in which a board was down, each at least `leastMs` long so that it can be seen, and none twice. */
export function downtimes(outages: readonly Outage[], { from, to }: Span, leastMs: number): Span[] {
  const found: Span[] = [];
  for (const { at, endedAt = to } of outages) {
    const start = Math.max(at, from);
    const end = Math.min(Math.max(endedAt, at + leastMs), to);
    if (end <= start) continue;
    const last = found.at(-1);
    if (last !== undefined && start <= last.to)
      found[found.length - 1] = { from: last.from, to: Math.max(end, last.to) };
    else found.push({ from: start, to: end });
  }
  return found;
}

export interface FleetTimeline {
  /** When each step begins, s since 1970: as uPlot wants it. */
  readonly times: readonly number[];
  /** Links that ended in each step. */
  readonly ended: readonly number[];
  /** Boards that were down at the end of each step. */
  readonly down: readonly number[];
}

/** The outages of all boards in steps up to now; each step begins at a multiple of its length. */
export function fleetTimeline(
  outages: Iterable<Outage>,
  now: number,
  { steps, stepMs }: { readonly steps: number; readonly stepMs: number },
): FleetTimeline {
  const first = Math.floor(now / stepMs) - steps + 1;
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
  return {
    times: ended.map((_, index) => ((first + index) * stepMs) / 1000),
    ended,
    down: changes.map((change) => (down += change)),
  };
}

/** How often each reason was there, the most frequent first. */
export function reasonsOf(outages: readonly Outage[]): [reason: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { reason } of outages) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}
