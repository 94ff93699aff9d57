/** What happens in a campaign, in order. Pure: drawn from a seed. */
import type { SeededRandom } from '@iot/fault-proxy';

export const OUTAGES = ['fin', 'rst', 'stallToServer', 'stallToClient', 'stallBoth'] as const;
export type Outage = (typeof OUTAGES)[number];

export const ENDS = ['client', 'server'] as const;
export type EndName = (typeof ENDS)[number];

/** The id under which the client comes. */
export const ID = 'qos';

/** A direction that is stalled when the kill comes, so that lines and acks die with it; or none. */
export type Hold = 'toServer' | 'toClient' | 'both' | 'nothing';

const HOLDS: readonly Hold[] = ['nothing', 'toServer', 'toClient', 'both'];

export type Step =
  | { readonly type: 'outage'; readonly kind: Outage }
  | {
      readonly type: 'kill';
      readonly end: EndName;
      readonly hold: Hold;
      /** What was held is lost; otherwise it gets through, late. */
      readonly loses: boolean;
    };

export interface Amounts {
  /** Of each kind; undefined is without an end. */
  readonly outages: number | undefined;
  /** Of each of these ends. */
  readonly kills: number;
  readonly killed: readonly EndName[];
}

/** One outage of each kind and one kill of each end again and again, each time in another order; each is spread over all of it. */
export function* plan({ outages, kills, killed }: Amounts, random: SeededRandom): Generator<Step, void> {
  const rounds = outages === undefined ? Infinity : Math.max(outages, kills);
  for (let round = 0; round < rounds; round++) {
    const steps: Step[] = [];
    if (outages === undefined || falls(outages, round, rounds)) {
      steps.push(...OUTAGES.map((kind) => ({ type: 'outage', kind }) as const));
    }
    if (outages === undefined ? round < kills : falls(kills, round, rounds)) {
      steps.push(...killed.map((end) => kill(end, random)));
    }
    yield* random.shuffled(steps);
  }
}

function kill(end: EndName, random: SeededRandom): Step {
  return { type: 'kill', end, hold: random.pick(HOLDS), loses: random.next() < 0.5 };
}

/** Whether one of `count` evenly spread events is in this round. */
function falls(count: number, round: number, rounds: number): boolean {
  return Math.floor(((round + 1) * count) / rounds) > Math.floor((round * count) / rounds);
}
