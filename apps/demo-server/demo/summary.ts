/** What the reports of all ends come to. Pure: reports go in, the verdict and its text come out. */
import { median, ms, row, sum, verdict } from '@iot/app-kit';
import colors from 'picocolors';
import { flow, type Flow } from './figures.js';
import type { EndReport } from './recording-log.js';

export interface ClientSummary {
  readonly id: string;
  readonly toServer: Flow;
  readonly toClient: Flow;
  /** As the client and as the server counted them. */
  readonly outages: { readonly client: number; readonly server: number };
  /** From the cut until the link was up again. */
  readonly recoveryMs: number;
}

export interface Summary {
  readonly clients: readonly ClientSummary[];
  readonly total: Flow;
  readonly outages: { readonly client: number; readonly server: number };
  readonly recoveryMs: { readonly median: number; readonly max: number };
  /** Lines that were sent again, and lines that came again and were dropped before the application saw them. */
  readonly retransmitted: number;
  readonly duplicatesDropped: number;
  /** Lines went both ways for every client; each arrived exactly once; every link was cut. */
  readonly ok: boolean;
}

/**
 * @param atClients the reports of the clients
 * @param atServer the reports of the server's ends, in any order
 * @param recoveries ms, in the order of `atClients`
 */
export function summarise(
  atClients: readonly EndReport[],
  atServer: readonly EndReport[],
  recoveries: readonly number[],
): Summary {
  const ends = [...atClients, ...atServer];
  const clients = atClients.map((client, i): ClientSummary => {
    const server = atServer.find(({ id }) => id === client.id)!;
    return {
      id: client.id,
      toServer: flow(client, server),
      toClient: flow(server, client),
      outages: { client: client.outages, server: server.outages },
      recoveryMs: recoveries[i]!,
    };
  });
  const flows = clients.flatMap(({ toServer, toClient }) => [toServer, toClient]);
  const total = {
    sent: sum(flows.map(({ sent }) => sent)),
    received: sum(flows.map(({ received }) => received)),
    lost: sum(flows.map(({ lost }) => lost)),
    duplicated: sum(flows.map(({ duplicated }) => duplicated)),
  };
  return {
    clients,
    total,
    outages: {
      client: sum(clients.map(({ outages }) => outages.client)),
      server: sum(clients.map(({ outages }) => outages.server)),
    },
    recoveryMs: { median: median(recoveries), max: Math.max(...recoveries) },
    retransmitted: sum(ends.map(({ retransmitted }) => retransmitted)),
    duplicatesDropped: sum(ends.map(({ duplicatesDropped }) => duplicatesDropped)),
    ok:
      total.lost === 0 &&
      total.duplicated === 0 &&
      flows.every(({ sent }) => sent > 0) &&
      clients.every(({ outages }) => outages.client > 0 && outages.server > 0),
  };
}

const COLUMNS = ['sent', 'received', 'lost', 'duplicated'] as const;

/** The summary for a person. */
export function render(summary: Summary): string {
  const { clients, total, outages, recoveryMs, retransmitted, duplicatesDropped, ok } = summary;
  const rows = clients.flatMap(({ id, toServer, toClient, outages, recoveryMs }) => [
    row([`client ${id} to server`, ...COLUMNS.map((name) => toServer[name]), outages.client, ms(recoveryMs)]),
    row([`server to client ${id}`, ...COLUMNS.map((name) => toClient[name]), outages.server, '']),
  ]);
  return [
    colors.bold(row(['', ...COLUMNS, 'outages', 'back after'])),
    ...rows,
    '',
    [
      `${total.sent} sent, ${total.received} received`,
      verdict(`${total.lost} lost`, total.lost === 0),
      verdict(`${total.duplicated} duplicated`, total.duplicated === 0),
    ].join(', '),
    `outages: ${outages.client} seen by the clients, ${outages.server} by the server; ` +
      `back after ${ms(recoveryMs.median)} (median), ${ms(recoveryMs.max)} (max)`,
    `after the cut ${retransmitted} lines were sent again, of which ${duplicatesDropped} had come and were dropped`,
    verdict(ok ? 'passed' : 'FAILED', ok),
  ].join('\n');
}
