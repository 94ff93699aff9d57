/** `server`: between tx and rx, until Ctrl-C. */
import { run, stopped } from '@iot/app-kit';
import { listen, type Server } from '@iot/server';
import colors from 'picocolors';
import { PrintingLog, say } from './log.js';
import { hasParent, parent, tell } from './news.js';
import { App } from './server-app.js';
import { serverSettings } from './settings.js';

const IDS = ['tx', 'rx'];

await run(async (stop) => {
  const { host, port, anyPort = false, timeout, quiet = false } = serverSettings(process.argv.slice(2));
  const open = (port: number): Promise<Server> => listen({ host, port, timeout, expected: IDS });
  await using server = await open(port).catch((error: unknown) => {
    if (!anyPort) throw error;
    return open(0);
  });
  tell({ type: 'listening', port: server.address.port });
  if (!quiet && !hasParent) say(`listening on port ${server.address.port} for tx and rx; Ctrl-C ends`);
  sayWhoElseComes(server);

  const log = {
    tx: new PrintingLog({ name: 'tx', quiet, stop }),
    rx: new PrintingLog({ name: 'rx', quiet, stop }),
  };
  await Promise.race([stopped(stop), new App(server, { log }).start()]);
}, parent);

/** Nobody serves a client with another id, and of two with the same id only one gets through. */
function sayWhoElseComes(server: Server): void {
  const warn = (text: string): void => {
    say(colors.yellow(text));
  };
  server.on('client', ({ id, remoteAddress }) => {
    if (!IDS.includes(id)) warn(`client ${JSON.stringify(id)} from ${String(remoteAddress)} is not tx or rx`);
  });
  server.on('duplicate', (id, address) => {
    warn(`client ${id} is here already; another one with this id came from ${String(address)}`);
  });
  server.on('refused', (reason, id, address) => {
    warn(`refused ${id === undefined ? 'a connection' : `client ${id}`} from ${String(address)}: ${reason}`);
  });
}
