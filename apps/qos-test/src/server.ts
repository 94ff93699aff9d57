/** `server`: runs the server of the qos test, for a board or for `client`, until Ctrl-C. */
import { openServer, portsOf, run, say, sayNotServed, stopped } from '@iot/app-kit';
import { TestLog } from './log.js';
import { steady } from './pace.js';
import { reporting } from './reporting.js';
import { SERVER } from './settings.js';
import { BURST, Traffic } from './traffic.js';

await run(SERVER, async (settings, stop) => {
  const { id, mode, interval, report, quiet = false } = settings;
  const log = new TestLog({ quiet, stop });
  await using server = await openServer(settings, { expected: [id] });
  say(`listening on ${portsOf(server)} for client ${id}, ${mode}; Ctrl-C ends`);
  sayNotServed(server, [id], `not ${id}: it is not served here`);

  const conn = await server.client(id, { signal: stop }).catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
  if (conn === undefined) return;

  // A message of the server is `[id, count]` (`message.ts`). As in the original, the count is the number of messages before
  // this one, which is equal to the id.
  const message = (n: number): number[] => [n, n];
  const pace = steady(BURST[mode], interval, stop);
  const traffic = new Traffic(conn, { mode, pace, from: 'client', message, log });
  using _reports = reporting(traffic, { seconds: report, peerTells: true });
  await Promise.race([stopped(stop), traffic.run()]);
});
