/** `server`: runs the server between tx and rx, until Ctrl-C. */
import { openServer, portsOf, PrintingLog, run, say, sayNotServed, stopped } from '@iot/app-kit';
import { IDS, passOn } from './server-app.js';
import { SERVER } from './settings.js';

await run(SERVER, async ({ quiet = false, ...settings }, stop) => {
  await using server = await openServer(settings, { expected: IDS });
  if (!quiet) say(`listening on ${portsOf(server)} for tx and rx; Ctrl-C ends`);
  sayNotServed(server, IDS, 'not tx or rx');
  const log = {
    tx: new PrintingLog('state', { name: 'tx', quiet, stop }),
    rx: new PrintingLog('state', { name: 'rx', quiet, stop }),
  };
  await Promise.race([stopped(stop), passOn(server, log)]);
});
