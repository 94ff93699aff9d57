/** `iot send`: writes lines to a client, from the arguments or from standard input. */
import { createInterface } from 'node:readline';
import type { DefineCommand } from '../context.js';
import { AdminApi, withApiOptions, type ApiOptions } from '../fleet/admin-api.js';

export const send: DefineCommand = (command, { print, say, stop }) => {
  withApiOptions(command.argument('<id>').argument('[line]')).action(
    async (id: string, line: string | undefined, options: ApiOptions) => {
      const api = await AdminApi.open(options, stop);
      const path = `/clients/${encodeURIComponent(id)}/lines`;
      let [acked, waiting] = [0, 0];
      const write = async (text: string): Promise<void> => {
        // If one line was not acked in time, the next line is queued without waiting.
        const query = waiting > 0 ? '?waitMs=0' : '';
        const answer = (await api.post(path + query, 'acked', { line: text })) as { readonly acked: boolean };
        if (answer.acked) acked += 1;
        else waiting += 1;
        if (options.json === true) print(JSON.stringify({ line: text, ...answer }));
      };
      if (line !== undefined) await write(line);
      else {
        const input = createInterface({ input: process.stdin, crlfDelay: Infinity });
        const end = () => input.close();
        stop.addEventListener('abort', end);
        for await (const text of input) if (text !== '') await write(text);
        stop.removeEventListener('abort', end);
        stop.throwIfAborted();
      }
      if (options.json !== true) say(outcome(id, acked, waiting));
    },
  );
};

function outcome(id: string, acked: number, waiting: number): string {
  const who = JSON.stringify(id);
  if (waiting === 0) return acked === 1 ? `acked by ${who}` : `${acked} lines acked by ${who}`;
  const total = acked + waiting;
  const what = total === 1 ? 'the line is' : `${waiting} of ${total} lines are`;
  const them = waiting === 1 ? 'it' : 'them';
  return `${what} not acked by ${who} yet: the server keeps ${them}, and delivers ${them} when ${who} is up`;
}
