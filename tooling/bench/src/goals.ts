/** The performance goals. They are ratios of figures of one run, so that they apply to any machine. */
import { median } from '@iot/app-kit';
import type { ContestantName } from './contestants/contestants.js';
import type { Results } from './results.js';
import type { Scale } from './scale.js';
import { medianRatio } from './statistics.js';

export interface Goal {
  readonly title: string;
  readonly row: string;
  readonly metric: string;
  readonly ours: ContestantName;
  /**
   * The contestant to compare with; of several, the one with the highest figure. Absent: the limit applies to
   * the figure itself.
   */
  readonly against?: ContestantName | readonly ContestantName[];
  /** The row of the figure to compare with. Default: the same row. */
  readonly againstRow?: string;
  /** The limit of the ratio. */
  readonly limit: { readonly atMost: number } | { readonly atLeast: number };
}

const PEERS: readonly ContestantName[] = [
  'socket.io',
  'mosquitto-1',
  'mosquitto-2',
  'aedes-1',
  'aedes-2',
  'nats-request',
  'nats-jetstream',
];

/** The goals of the rows in a run of this scale. */
export function goals({ fleets, stormClients, storing }: Scale): readonly Goal[] {
  const many = fleets.at(-1)!;
  const [few] = fleets as [number];
  const fleet = `fleet-${many}`;
  const fewFleet = `fleet-${few}`;
  // With fewer clients, the connect rate is that of a cold server.
  const thousand = fleets.find((clients) => clients >= 1000 && clients < many);
  return [
    {
      title: 'acked round trip, 1 in flight, p50',
      row: 'acked-1',
      metric: 'p50',
      ours: 'ours-2',
      against: 'raw',
      limit: { atMost: 1.15 },
    },
    {
      title: 'acked round trip, 1 in flight, p50',
      row: 'acked-1',
      metric: 'p50',
      ours: 'ours-2',
      against: 'socket.io',
      limit: { atMost: 1 },
    },
    {
      title: 'acked lines a second, 100 in flight',
      row: 'acked-100',
      metric: 'rate',
      ours: 'ours-2',
      against: 'mini2',
      limit: { atLeast: 0.75 },
    },
    {
      title: 'acked lines a second, 100 in flight',
      row: 'acked-100',
      metric: 'rate',
      ours: 'ours-2',
      against: PEERS,
      limit: { atLeast: 4.5 },
    },
    {
      title: 'acked round trip, 100 in flight, p99',
      row: 'acked-100',
      metric: 'p99',
      ours: 'ours-2',
      against: 'mini2',
      limit: { atMost: 2 },
    },
    {
      // 1.5 times what version 1 reached before it was made faster, which was 0.267 of mini2.
      title: 'acked lines a second, 100 in flight',
      row: 'acked-100',
      metric: 'rate',
      ours: 'ours-1',
      against: 'mini2',
      limit: { atLeast: 0.4 },
    },
    ...(['ours-2', 'ours-1'] as const).flatMap((ours): Goal[] => [
      {
        title: `idle CPU, ${many} clients`,
        row: fleet,
        metric: 'idle',
        ours,
        against: 'raw',
        limit: { atMost: 1.25 },
      },
      {
        title: `idle memory a client, ${many} clients`,
        row: fleet,
        metric: 'memory',
        ours,
        against: 'raw',
        limit: { atMost: ours === 'ours-2' ? 1.7 : 2.2 },
      },
      {
        title: `connects a second, ${many} clients`,
        row: fleet,
        metric: 'connects',
        ours,
        against: 'raw',
        limit: { atLeast: 0.5 },
      },
      ...(thousand === undefined
        ? []
        : [
            {
              title: `connects a second, ${many} clients against ${thousand}`,
              row: fleet,
              metric: 'connects',
              ours,
              against: ours,
              againstRow: `fleet-${thousand}`,
              limit: { atLeast: 0.8 },
            },
          ]),
      {
        title: `CPU a line, ${many} clients against ${few}`,
        row: fleet,
        metric: 'cost',
        ours,
        against: ours,
        againstRow: fewFleet,
        limit: { atMost: 1.2 },
      },
      {
        title: `seconds until all of ${stormClients} are back`,
        row: 'storm',
        metric: 'back',
        ours,
        limit: { atMost: 6 },
      },
      {
        title: `longest block while ${stormClients} come back, ms`,
        row: 'storm',
        metric: 'block',
        ours,
        limit: { atMost: 100 },
      },
      {
        title: 'links lost beside two busy loops',
        row: 'neighbour',
        metric: 'lost',
        ours,
        against: 'raw',
        limit: { atMost: 1 },
      },
    ]),
    {
      title: `what @iot/admin adds with ${many} clients, % of a core`,
      row: 'admin',
      metric: 'added',
      ours: 'ours-2',
      limit: { atMost: 3 },
    },
    ...storing
      .filter((clients) => clients === 1)
      .map((): Goal => ({
        title: 'stored lines a second, 1 client',
        row: 'stored-1',
        metric: 'rate',
        ours: 'ours-2-stored',
        against: 'fdatasync',
        limit: { atLeast: 0.5 },
      })),
    ...storing
      .filter((clients) => clients >= 1000)
      .map((clients): Goal => ({
        title: `stored lines a second, ${clients} clients`,
        row: `stored-${clients}`,
        metric: 'rate',
        ours: 'ours-2-stored',
        limit: { atLeast: 20_000 },
      })),
    {
      title: 'a line from client to client, p50',
      row: 'relay',
      metric: 'p50',
      ours: 'ours-2',
      against: 'raw',
      limit: { atMost: 1.3 },
    },
  ];
}

export interface Verdict {
  readonly goal: Goal;
  /** The measured ratio or figure. NaN if it was not measured. */
  readonly ratio: number;
  readonly holds: boolean;
  /** The factor by which the ratio exceeds its limit. At most 1 if the goal is met. */
  readonly missedBy: number;
}

/** One verdict for each goal whose rows and contestants were run. */
export function verdictsOf(all: readonly Goal[], results: Results): Verdict[] {
  return all.flatMap((goal) => {
    if (!wasRun(goal, results)) return [];
    const ratio = ratioOf(goal, results);
    const missedBy = 'atMost' in goal.limit ? ratio / goal.limit.atMost : goal.limit.atLeast / ratio;
    return [{ goal, ratio, holds: missedBy <= 1, missedBy }];
  });
}

/**
 * With `--check`, a goal fails only if it is missed by more than this factor, because the machine may be busy and
 * rounds are short.
 */
const CHECK_MARGIN = 3;

/** The goals that are missed by more than `CHECK_MARGIN`. */
export function farMissed(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts.filter(({ missedBy }) => missedBy > CHECK_MARGIN);
}

/** True if both sides of the goal were part of the run, measured or not. */
function wasRun({ row, ours, against = ours, againstRow = row }: Goal, results: Results): boolean {
  const has = (name: string, contestants: readonly ContestantName[]): boolean =>
    results.row(name)?.cells.some(({ contestant }) => contestants.includes(contestant)) ?? false;
  return has(row, [ours]) && has(againstRow, typeof against === 'string' ? [against] : against);
}

function ratioOf(goal: Goal, results: Results): number {
  const { row, metric, ours, against, againstRow = row } = goal;
  const figures = results.figures(row, ours, metric);
  if (against === undefined) return median(figures);
  const names = typeof against === 'string' ? [against] : against;
  const others = names.map((name) => results.figures(againstRow, name, metric)).filter((it) => it.length > 0);
  if (others.length === 0) return NaN;
  const rounds = Math.min(...others.map((it) => it.length));
  const best = Array.from({ length: rounds }, (_, round) => Math.max(...others.map((it) => it[round]!)));
  return medianRatio(figures, best);
}
