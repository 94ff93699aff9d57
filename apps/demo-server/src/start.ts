/** `start`: the server, for boards or for `client`, until Ctrl-C. */
import { run, stopped } from '@iot/app-kit';
import { listen, type Server } from '@iot/server';
import colors from 'picocolors';
import { PrintingLog, say } from './log.js';
import { COUNT_OF } from './message.js';
import { parent, tell } from './news.js';
import { App } from './server-app.js';
import { IDS, startSettings } from './settings.js';
import { logOf, takePart } from './taking-part.js';

await run(async (stop) => {
  const {
    host,
    port,
    anyPort = false,
    timeout,
    interval,
    quiet = false,
  } = startSettings(process.argv.slice(2));
  const open = (port: number): Promise<Server> => listen({ host, port, timeout, expected: IDS });
  await using server = await open(port).catch((error: unknown) => {
    if (!anyPort) throw error;
    return open(0);
  });
  tell({ type: 'listening', port: server.address.port });
  if (!quiet) say(`listening on port ${server.address.port} for clients ${IDS.join(', ')}; Ctrl-C ends`);
  sayWhoElseComes(server);

  const logs = IDS.map((id) =>
    logOf({ id, countAt: COUNT_OF.client }, new PrintingLog({ name: `client ${id}`, quiet, stop })),
  );
  const apps = IDS.map((id, i) => new App(server, id, { interval, log: logs[i]! }));
  takePart(apps, logs);
  await Promise.race([stopped(stop), ...apps.map((app) => app.start())]);
}, parent);

/** Nobody serves a client with another id, and of two with the same id only one gets through. */
function sayWhoElseComes(server: Server): void {
  const warn = (text: string): void => {
    say(colors.yellow(text));
  };
  server.on('client', ({ id, remoteAddress }) => {
    if (!IDS.includes(id)) {
      warn(`client ${JSON.stringify(id)} from ${String(remoteAddress)} is none of ${IDS.join(', ')}`);
    }
  });
  server.on('duplicate', (id, address) => {
    warn(`client ${id} is here already; another one with this id came from ${String(address)}`);
  });
  server.on('refused', (reason, id, address) => {
    warn(`refused ${id === undefined ? 'a connection' : `client ${id}`} from ${String(address)}: ${reason}`);
  });
}
