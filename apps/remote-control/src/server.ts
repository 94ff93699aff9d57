/** `server`: between tx and rx, until Ctrl-C. */
import { listenOn, PrintingLog, run, say, sayNotServed, stopped } from '@iot/app-kit';
import { listen } from '@iot/server';
import { IDS, passOn } from './server-app.js';
import { SERVER } from './settings.js';

await run(SERVER, async ({ host, port, anyPort = false, timeout, quiet = false }, stop) => {
  await using server = await listenOn(port, anyPort, (port) =>
    listen({ host, port, timeout, expected: IDS }),
  );
  if (!quiet) say(`listening on port ${server.address.port} for tx and rx; Ctrl-C ends`);
  sayNotServed(server, IDS, 'not tx or rx');
  const log = {
    tx: new PrintingLog('state', { name: 'tx', quiet, stop }),
    rx: new PrintingLog('state', { name: 'rx', quiet, stop }),
  };
  await Promise.race([stopped(stop), passOn(server, log)]);
});
