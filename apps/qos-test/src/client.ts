/** `client`: runs the client of the qos test instead of a board, until Ctrl-C. */
import { openClientTls, run, say, stopped, tryAgain } from '@iot/app-kit';
import { connect } from '@iot/client';
import { clientMessages } from './client-message.js';
import { TestLog } from './log.js';
import { steady } from './pace.js';
import { reporting } from './reporting.js';
import { CLIENT } from './settings.js';
import { BURST, Traffic } from './traffic.js';

await run(CLIENT, async (settings, stop) => {
  const { id, host, port, timeout, mode, interval, report, quiet = false } = settings;
  const tls = await openClientTls(settings, id);
  const log = new TestLog({ quiet, stop });
  say(`client ${id} of the server at ${host}:${port}, ${mode}; Ctrl-C ends`);
  await using client = connect({ id, host, port, tls, timeout, badServer: tryAgain(log) });
  await Promise.race([stopped(stop), client.ready()]);
  if (stop.aborted) return;

  const message = clientMessages(client, () => traffic);
  const pace = steady(BURST[mode], interval, stop);
  const traffic = new Traffic(client, { mode, pace, from: 'server', message, log });
  using _reports = reporting(traffic, { seconds: report, peerTells: false });
  await Promise.race([stopped(stop), traffic.run()]);
});
