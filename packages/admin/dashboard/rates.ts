/** What happened between two readings of `/fleet`. */
export interface OverviewJson {
  readonly at: string;
  readonly lastEventId: string;
  readonly showLines: boolean;
  readonly clients: number;
  readonly up: number;
  readonly linesReceived: number;
  readonly linesSent: number;
  readonly linesRepeated: number;
  readonly unreadLines: number;
  readonly pendingWrites: number;
  readonly roundTrips: { readonly boundsMs: readonly number[]; readonly counts: readonly number[] };
}

export interface Rates {
  /** s since 1970. */
  readonly at: number;
  /** Lines a second. */
  readonly received: number;
  readonly sent: number;
  /** Lines sent again, a minute. */
  readonly repeats: number;
  /** Undefined when no line was acked. */
  readonly medianMs: number | undefined;
  readonly p95Ms: number | undefined;
}

export function ratesBetween(before: OverviewJson, after: OverviewJson): Rates {
  const ms = Math.max(1, Date.parse(after.at) - Date.parse(before.at));
  // A counter goes back when the process was started again.
  const perSecond = (name: 'linesReceived' | 'linesSent' | 'linesRepeated'): number =>
    Math.max(0, ((after[name] - before[name]) * 1000) / ms);
  const { boundsMs, counts } = after.roundTrips;
  const added = counts.map((count, index) => Math.max(0, count - (before.roundTrips.counts[index] ?? 0)));
  return {
    at: Date.parse(after.at) / 1000,
    received: perSecond('linesReceived'),
    sent: perSecond('linesSent'),
    repeats: perSecond('linesRepeated') * 60,
    medianMs: quantile(0.5, boundsMs, added),
    p95Ms: quantile(0.95, boundsMs, added),
  };
}

/** Of values of which is known how many lie between two bounds; within them they are taken to be spread evenly. */
export function quantile(
  part: number,
  bounds: readonly number[],
  counts: readonly number[],
): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const wanted = part * total;
  let below = 0;
  for (const [index, bound] of bounds.entries()) {
    const count = counts[index] ?? 0;
    if (below + count >= wanted && count > 0) {
      const low = bounds[index - 1] ?? 0;
      return low + ((bound - low) * (wanted - below)) / count;
    }
    below += count;
  }
  return bounds.at(-1);
}
