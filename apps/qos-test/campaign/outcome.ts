/** What a campaign came to, and whether it proves the promise. Pure. */
import type { CampaignSettings } from '../src/settings.js';
import { ENDS, OUTAGES, type EndName, type Outage } from './plan.js';
import type { Round } from './round.js';
import type { Flow } from './verdict.js';

export interface OutageCount {
  /** Outages that met unacked lines in both directions. */
  inFlight: number;
  /** Those that did not, and were done again. */
  missed: number;
  /** Lines in flight, by sender. */
  lines: Record<EndName, number>;
  /** From the fault until both ends were up again, one for each outage. */
  readonly backMs: number[];
}

/** One round. */
export interface Outcome {
  readonly round: Round;
  readonly seconds: number;
  readonly toServer: Flow;
  readonly toClient: Flow;
  readonly outages: Readonly<Record<Outage, OutageCount>>;
  readonly ends: Readonly<
    Record<
      EndName,
      {
        readonly kills: number;
        readonly protocol: 1 | 2 | undefined;
        readonly outages: number;
        readonly retransmitted: number;
        readonly duplicatesDropped: number;
      }
    >
  >;
}

export type Demands = Pick<CampaignSettings, 'messages' | 'seconds' | 'outages' | 'kills'>;

/** Why this outcome does not pass: the promise broken, or nothing proven. Empty when it passes. */
export function failures(outcome: Outcome, { messages, seconds, outages, kills }: Demands): string[] {
  const { mode, client, killed } = outcome.round;
  const why: string[] = [];
  const demand = (met: boolean, failure: string): void => {
    if (!met) why.push(failure);
  };
  for (const [direction, flow] of [
    ['client to server', outcome.toServer],
    ['server to client', outcome.toClient],
  ] as const) {
    const { lost, doubled, outOfOrder, written } = flow;
    demand(lost === 0, `${direction}: ${lost} lost`);
    demand(doubled === 0, `${direction}: ${doubled} doubled`);
    if (mode === 'standard') demand(outOfOrder === 0, `${direction}: ${outOfOrder} out of order`);
    if (seconds === undefined)
      demand(written === messages, `${direction}: ${written} of ${messages} written`);
    demand(written > 0, `${direction}: nothing was sent`);
  }
  const least = seconds === undefined ? outages : 1;
  for (const kind of OUTAGES) {
    const { inFlight } = outcome.outages[kind];
    demand(inFlight >= least, `${kind}: ${inFlight} of ${least} outages met messages in flight`);
  }
  for (const name of ENDS) {
    const end = outcome.ends[name];
    const due = killed.includes(name) ? kills : 0;
    if (seconds === undefined) demand(end.kills === due, `${name}: ${end.kills} of ${due} kills`);
    // An original does not count.
    if (least === 0 || (name === 'client' && client === 'original')) continue;
    demand(end.retransmitted > 0, `the ${name} sent nothing again: nothing is proven`);
    // In version 2 an end hears what the other has, and sends no duplicate.
    if (end.protocol === 1)
      demand(end.duplicatesDropped > 0, `the ${name} dropped no duplicate: nothing is proven`);
  }
  return why;
}
