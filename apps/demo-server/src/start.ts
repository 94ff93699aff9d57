/** `start`: runs the server, for boards or for `client`, until Ctrl-C. */
import { openServer, portsOf, run, say, sayNotServed, stopped } from '@iot/app-kit';
import { serverApp } from './app.js';
import { DemoLog } from './log.js';
import { IDS, START } from './settings.js';

await run(START, async ({ interval, quiet = false, ...settings }, stop) => {
  await using server = await openServer(settings, { expected: IDS });
  if (!quiet) say(`listening on ${portsOf(server)} for clients ${IDS.join(', ')}; Ctrl-C ends`);
  sayNotServed(server, IDS, `none of ${IDS.join(', ')}`);

  const apps = IDS.map((id) => {
    const log = new DemoLog({ name: `client ${id}`, quiet, stop });
    return serverApp(server, { id, interval, log });
  });
  await Promise.race([stopped(stop), ...apps.map((app) => app.start())]);
});
