/** `iot outages`: lists the outages that the server has kept, with their reasons. */
import { printable } from '@iot/app-kit';
import type { DefineCommand } from '../context.js';
import { AdminApi, withApiOptions, type ApiOptions } from '../fleet/admin-api.js';
import type { OutageView } from '../fleet/client-view.js';
import { span, table } from '../fleet/table.js';

const HEAD = ['AT', 'ID', 'REASON', 'LASTED', 'TOLD'];

export const outages: DefineCommand = (command, { print, say, stop }) => {
  withApiOptions(command.argument('[id]')).action(async (id: string | undefined, options: ApiOptions) => {
    const api = await AdminApi.open(options, stop);
    const found = await api.outages(id);
    if (options.json === true) return found.forEach((outage) => print(JSON.stringify(outage)));
    const now = Date.now();
    const rows = found.map((outage) => row(outage, now));
    table(HEAD, rows).forEach((line) => print(line));
    if (found.length === 0)
      say(id === undefined ? 'no outage in the last hour' : `no outage of ${JSON.stringify(id)} is known`);
  });
};

function row({ at, id, reason, endedAt, told }: OutageView, now: number): string[] {
  const lasted =
    endedAt === null ? `${span(Date.parse(at), now)}, not ended` : span(Date.parse(at), Date.parse(endedAt));
  return [localTime(at), printable(id), printable(reason), lasted, told === undefined ? '' : printable(told)];
}

/** `2026-03-01 08:00:00`, in the time zone of this machine. */
function localTime(at: string): string {
  const date = new Date(at);
  const [day, time] = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().split('T');
  return `${day!} ${time!.slice(0, 8)}`;
}
