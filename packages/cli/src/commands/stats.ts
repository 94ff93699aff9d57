/** `iot stats`: the sums of the counters of all clients of a server. */
import type { DefineCommand } from '../context.js';
import { AdminApi, withApiOptions, type ApiOptions } from '../fleet/admin-api.js';
import { table } from '../fleet/table.js';

/** The counters and their labels. Forgotten clients are not included. */
const WORDS = {
  clients: 'clients known',
  up: 'up',
  down: 'down',
  outages: 'outages',
  received: 'lines received',
  sent: 'lines sent',
  retransmitted: 'lines sent again',
  duplicatesDropped: 'repeats dropped',
  unreadLines: 'lines not read by the server yet',
  pendingWrites: 'lines not acked by their client yet',
  bytesReceived: 'bytes received',
  bytesSent: 'bytes sent',
} as const;

type Name = keyof typeof WORDS;
const NAMES = Object.keys(WORDS) as Name[];

export const stats: DefineCommand = (command, { print, stop }) => {
  withApiOptions(command).action(async (options: ApiOptions) => {
    const api = await AdminApi.open(options, stop);
    const sums = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<Name, number>;
    for await (const { up, unreadLines, pendingWrites, stats } of api.clients()) {
      const more = { ...stats, clients: 1, up: Number(up), down: Number(!up), unreadLines, pendingWrites };
      for (const name of NAMES) sums[name] += (more as Partial<Record<Name, number>>)[name] ?? 0;
    }
    if (options.json === true) return print(JSON.stringify(sums));
    const [, ...lines] = table(
      ['', ''],
      NAMES.map((name) => [sums[name], WORDS[name]]),
    );
    lines.forEach((line) => print(line));
  });
};
