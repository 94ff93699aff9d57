/** The outcome for a person. */
import { median, row } from '@iot/app-kit';
import colors from 'picocolors';
import type { Outcome } from './outcome.js';
import { ENDS, OUTAGES, type Outage } from './plan.js';
import { titleOf } from './round.js';
import type { Flow } from './verdict.js';

const NAMES: Readonly<Record<Outage, string>> = {
  fin: 'FIN',
  rst: 'RST',
  stallToServer: 'stall to server',
  stallToClient: 'stall to client',
  stallBoth: 'full stall',
};

/** What kills were allowed to do: without stores, and with them. */
const ALLOWED: readonly (readonly [keyof Flow['allowed'], string])[] = [
  ['unresolved', 'unresolved'],
  ['held', 'held'],
  ['twice', 'twice'],
];
const ALLOWED_WITH_STORES: typeof ALLOWED = [
  ...ALLOWED,
  ['unstored', 'not stored'],
  ['redelivered', 'redelivered'],
];

/** The table of one round, and its verdict. `failures` are those of this outcome. */
export function render(outcome: Outcome, failures: readonly string[]): string {
  const { round, seconds, toServer, toClient, outages, ends } = outcome;
  const directions = [
    ['client to server', toServer, ends.client, ends.server],
    ['server to client', toClient, ends.server, ends.client],
  ] as const;
  const forced = OUTAGES.reduce((sum, kind) => sum + outages[kind].backMs.length, 0);
  const kills = ends.client.kills + ends.server.kills;
  const columns = round.stores.length > 0 ? ALLOWED_WITH_STORES : ALLOWED;
  const title = titleOf(round);
  return [
    colors.bold(`${title}, ${seconds.toFixed(1)} s`),
    '',
    row(['messages', 'written', 'acked', 'read', 'lost', 'doubled', 'out of order', 'sent again', 'dropped']),
    ...directions.map(([name, { written, acked, read, lost, doubled, outOfOrder }, from, to]) =>
      row([name, written, acked, read, lost, doubled, outOfOrder, from.retransmitted, to.duplicatesDropped]),
    ),
    '',
    row(['outages', 'in flight', 'repeated', 'to server', 'to client', 'back after', 'at most']),
    ...OUTAGES.map((kind) => {
      const { inFlight, missed, lines, backMs } = outages[kind];
      const times = [backMs.length > 0 ? median(backMs) : 0, Math.max(0, ...backMs)].map(
        (ms) => `${ms.toFixed(0)} ms`,
      );
      return row([NAMES[kind], inFlight, missed, lines.client, lines.server, ...times]);
    }),
    `seen by the client ${ends.client.outages}, by the server ${ends.server.outages}; made ${forced}, and ${kills} kills`,
    ...(kills === 0
      ? []
      : [
          '',
          row(['allowed by kills', ...columns.map(([, heading]) => heading)]),
          ...directions.map(([name, { allowed }]) =>
            row([name, ...columns.map(([column]) => allowed[column])]),
          ),
          `killed: ${ENDS.map((end) => `${end} ${ends[end].kills} times`).join(', ')}`,
        ]),
    '',
    ...directions.flatMap(([name, { findings }]) =>
      findings
        .filter((finding) => round.mode === 'standard' || !finding.startsWith('out of order'))
        .map((finding) => `${name}: ${finding}`),
    ),
    ...failures.map((failure) => colors.red(`FAILED: ${failure}`)),
    ...(failures.length === 0 ? [colors.green(`passed: the promise was kept in ${title}`)] : []),
  ].join('\n');
}
