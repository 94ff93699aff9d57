/** `iot ls`: the clients of a server. */
import { printable } from '@iot/app-kit';
import { Option } from 'commander';
import type { DefineCommand } from '../context.js';
import { AdminApi, ORDERS, withApiOptions, type ApiOptions } from '../fleet/admin-api.js';
import type { ClientView } from '../fleet/client-view.js';
import { span, table } from '../fleet/table.js';

const HEAD = ['ID', 'STATE', 'FOR', 'ADDRESS', 'WIRE', 'OUTAGES', 'UNREAD', 'PENDING'];

interface LsOptions extends ApiOptions {
  readonly sort?: (typeof ORDERS)[number];
}

export const ls: DefineCommand = (command, { print, stop }) => {
  withApiOptions(command).addOption(
    new Option(
      '--sort <order>',
      'clients in trouble first, clients with most outages first, or by id (default: order of first connection)',
    ).choices(ORDERS),
  );
  command.action(async (options: LsOptions) => {
    const api = await AdminApi.open(options, stop);
    const clients: ClientView[] = [];
    for await (const client of api.clients(options.sort)) {
      if (options.json === true) print(JSON.stringify(client));
      else clients.push(client);
    }
    if (options.json === true) return;
    const now = Date.now();
    for (const line of table(
      HEAD,
      clients.map((client) => row(client, now)),
    ))
      print(line);
  });
};

function row(
  { id, up, since, address, protocol, stats, unreadLines, pendingWrites }: ClientView,
  now: number,
) {
  const state = up ? 'up' : 'down';
  const { outages = 0 } = stats;
  return [
    printable(id),
    state,
    span(Date.parse(since), now),
    printable(address ?? '-'),
    protocol ?? '-',
    outages,
    unreadLines,
    pendingWrites,
  ];
}
