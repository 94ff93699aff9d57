/** `client`: runs one client instead of a board, until Ctrl-C. */
import { openClientTls, run, say, stopped, tryAgain } from '@iot/app-kit';
import { connect } from '@iot/client';
import { App, clientList } from './app.js';
import { DemoLog } from './log.js';
import { CLIENT } from './settings.js';

await run(CLIENT, async ({ id, host, port, timeout, interval, quiet = false, ...files }, stop) => {
  const tls = await openClientTls(files, id);
  if (!quiet) say(`client ${id} of the server at ${host}:${port}; Ctrl-C ends`);
  const log = new DemoLog({ quiet, stop });
  await using client = connect({ id, host, port, tls, timeout, badServer: tryAgain(log) });
  await Promise.race([stopped(stop), new App(client, { interval, log, list: clientList(client) }).start()]);
});
