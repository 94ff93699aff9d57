/** `server`: the qos test's server, for a board or for `client`, until Ctrl-C. */
import { run, stopped } from '@iot/app-kit';
import { listen } from '@iot/server';
import colors from 'picocolors';
import { say } from './log.js';
import { inCampaign, tell, parent } from './news.js';
import { reporting } from './reporting.js';
import { serverSettings } from './settings.js';
import { role } from './taking-part.js';
import { Traffic } from './traffic.js';

await run(async (stop) => {
  const {
    id,
    host,
    port,
    timeout,
    mode,
    interval,
    report,
    quiet = false,
  } = serverSettings(process.argv.slice(2));
  const { log, pace, life, begin } = role({ mode, interval, quiet, stop });
  await using server = await listen({ host, port, timeout, expected: [id] });
  tell({ type: 'listening', port: server.address.port });
  if (!inCampaign) say(`listening on port ${server.address.port} for client ${id}, ${mode}; Ctrl-C ends`);
  server.on('client', (other) => {
    if (other.id !== id)
      say(colors.yellow(`client ${JSON.stringify(other.id)} is not ${id}: nobody serves it`));
  });
  server.on('duplicate', (_id, address) => {
    say(colors.yellow(`client ${id} is here already; another one came from ${String(address)}`));
  });

  const conn = await server.client(id, { signal: stop }).catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
  if (conn === undefined) return;

  // As the original's, the count is that of the messages before this one.
  const traffic = new Traffic(conn, { mode, pace, from: 'client', message: (id) => [id, id, ...life], log });
  begin(traffic);
  const stopReporting = inCampaign ? undefined : reporting(traffic, { seconds: report, peerTells: true });
  try {
    await Promise.race([stopped(stop), traffic.run()]);
  } finally {
    stopReporting?.();
  }
}, parent);
