/** What the servers of several apps have in common. */
import { listen, type ListenOptions, type Server } from '@iot/server';
import colors from 'picocolors';
import { sayOnce } from './log.js';
import type { ServerSettings } from './options.js';
import { openServerTls, reloadOnSighup, type ServerTls } from './tls.js';

/** What the options of every server say, for `listen`; `tls` is for `reloadOnSighup`, once it listens. */
export async function listenOptions({
  host,
  port,
  timeout,
  plain,
  ...files
}: ServerSettings): Promise<{ readonly options: ListenOptions; readonly tls: ServerTls | undefined }> {
  const tls = await openServerTls({ plain, ...files });
  return { options: { host, port: plain ? port : false, timeout, tls: tls?.options }, tls };
}

/**
 * Listens as the options of every server say: also with TLS, whose files are read again on SIGHUP.
 *
 * @param more what the program adds
 */
export async function openServer(
  { anyPort = false, ...settings }: ServerSettings & { readonly anyPort?: boolean },
  more: ListenOptions = {},
): Promise<Server> {
  const { options, tls } = await listenOptions(settings);
  const server = await listenOn(settings.port, anyPort, (port, tlsPort = tls?.options.port) =>
    listen({
      ...more,
      ...options,
      port: settings.plain ? port : false,
      tls: tls && { ...tls.options, port: tlsPort },
    }),
  );
  if (tls !== undefined) reloadOnSighup(server, tls);
  return server;
}

/** Words for where it listens. */
export function portsOf({ address, tlsAddress }: Server): string {
  if (tlsAddress === undefined) return `port ${address.port}`;
  if (tlsAddress.port === address.port) return `port ${address.port} with TLS`;
  return `port ${address.port}, and with TLS on port ${tlsAddress.port}`;
}

/** Listens on this port, or on a free one when it is taken and `anyPort` says that another will do. */
export function listenOn<S>(
  port: number,
  anyPort: boolean,
  listen: (port: number, tlsPort?: 0) => Promise<S>,
): Promise<S> {
  return listen(port).catch((error: unknown) => {
    if (!anyPort) throw error;
    return listen(0, 0);
  });
}

/** Words for a port that is not the wanted one. */
export function insteadOf(wanted: number, port: number): string {
  return wanted === 0 || port === wanted ? '' : `port ${wanted} is taken, so `;
}

/**
 * Prints which clients come and are not served: those whose id is not in `ids`, and those whom the server turns away.
 *
 * @param others what clients with another id are, in the words of the message
 */
export function sayNotServed(server: Server, ids: readonly string[], others: string): void {
  server.on('client', ({ id, remoteAddress }) => {
    if (!ids.includes(id)) warn(`client ${JSON.stringify(id)} from ${String(remoteAddress)} is ${others}`);
  });
  sayTurnedAway(server);
}

/**
 * Prints which connections the server does not let in: of two clients with the same id the second, for one. What comes
 * from outside is printed as JSON: it may hold anything.
 */
export function sayTurnedAway(server: Server): void {
  server.on('duplicate', (id, address) => {
    warn(
      `client ${JSON.stringify(id)} is here already; another one with this id came from ${String(address)}`,
    );
  });
  server.on('refused', (reason, id, address, detail) => {
    const who = id === undefined ? 'a connection' : `client ${JSON.stringify(id)}`;
    const more = detail === undefined ? '' : `, ${JSON.stringify(detail)}`;
    warn(`refused ${who} from ${String(address)}: ${reason}${more}`);
  });
}

function warn(text: string): void {
  sayOnce(colors.yellow(text));
}
