/** `start`: the server, for boards or for `client`, until Ctrl-C. */
import { listenOn, run, say, sayNotServed, stopped } from '@iot/app-kit';
import { listen } from '@iot/server';
import { serverApp } from './app.js';
import { DemoLog } from './log.js';
import { IDS, START } from './settings.js';

await run(START, async ({ host, port, anyPort = false, timeout, interval, quiet = false }, stop) => {
  await using server = await listenOn(port, anyPort, (port) =>
    listen({ host, port, timeout, expected: IDS }),
  );
  if (!quiet) say(`listening on port ${server.address.port} for clients ${IDS.join(', ')}; Ctrl-C ends`);
  sayNotServed(server, IDS, `none of ${IDS.join(', ')}`);

  const apps = IDS.map((id) => {
    const log = new DemoLog({ name: `client ${id}`, quiet, stop });
    return serverApp(server, { id, interval, log });
  });
  await Promise.race([stopped(stop), ...apps.map((app) => app.start())]);
});
