/** `iot tail`: follows the events of a server, and continues after a restart of the server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { printable } from '@iot/app-kit';
import type { DefineCommand, Context } from '../context.js';
import { CommandError } from '../exit-codes.js';
import { AdminApi, AdminError, withApiOptions, type ApiOptions } from '../fleet/admin-api.js';
import { eventsOf, type StreamEvent } from '../fleet/events.js';

const RETRY_MS = 1000;

export const tail: DefineCommand = (command, context) => {
  withApiOptions(command.argument('[id...]')).action(async (ids: string[], options: ApiOptions) => {
    const api = await AdminApi.open(options, context.stop);
    const format = options.json === true ? asJson : asText;
    const show = (event: StreamEvent) => {
      if (ids.length === 0 || ids.includes(String(event.data['id']))) context.print(format(event));
    };
    await follow(api, show, context);
  });
};

async function follow(
  api: AdminApi,
  show: (event: StreamEvent) => void,
  { say, stop }: Context,
): Promise<void> {
  let path = '/events?lines=true';
  let last: string | undefined;
  /** True while the server does not respond: from the message about it until the server is back. */
  let isAway = false;
  let hasBegun = false;
  const stopped = (): boolean => stop.aborted;
  while (!stopped()) {
    try {
      const stream = await api.stream(path, last === undefined ? {} : { 'last-event-id': last });
      if (isAway || !hasBegun) say(isAway ? 'the server is back' : 'following; Ctrl-C ends');
      isAway = false;
      hasBegun = true;
      for await (const event of eventsOf(stream)) {
        if (event.type === 'missed') say('some events are missing: the server no longer has them');
        else show(event);
        last = event.id ?? last;
      }
    } catch (error) {
      if (stopped()) return;
      if (error instanceof AdminError && error.code === 'lines-not-shown' && path.includes('?')) {
        path = '/events';
        say('lines are not shown: start the server with --show-lines to see them');
        continue;
      }
      // `fetch` throws a TypeError when a stream breaks off.
      const isLost = error instanceof CommandError ? error.exitCode === 3 : error instanceof TypeError;
      if (!hasBegun || !isLost) throw error;
    }
    if (stopped()) return;
    if (!isAway) say('the server does not respond; trying until it is back');
    isAway = true;
    await sleep(RETRY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

function asJson({ type, data }: StreamEvent): string {
  return JSON.stringify({ type, ...data });
}

/** One line: the time, the id, the event and its data. */
function asText({ type, data: { at, id, ...more } }: StreamEvent): string {
  const time = new Date(String(at)).toTimeString().slice(0, 8);
  const who = typeof id === 'string' ? printable(id) : '-';
  if (type === 'line') {
    const { direction, text } = more;
    return `${time} ${who} ${printable(`${String(direction)} ${String(text)}`)}`;
  }
  const shown = Object.entries(more).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${time} ${who} ${printable(`${type}${shown.join('')}`)}`;
}
