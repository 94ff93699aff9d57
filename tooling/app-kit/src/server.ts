/** Functions that the servers of several apps share. */
import { listen, type ListenOptions, type Server } from '@iot/server';
import colors from 'picocolors';
import { sayOnce } from './log.js';
import type { ServerSettings } from './options.js';
import { openServerTls, reloadOnSighup, type ServerTls } from './tls.js';

/**
 * The options for `listen` from the settings of every server. Pass `tls` to `reloadOnSighup` once the server
 * listens.
 */
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
 * Starts a server with the settings of every server. With TLS, reads its files again on SIGHUP.
 *
 * @param more further options of the program
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

/** Text for the ports on which a server listens. */
export function portsOf({ address, tlsAddress }: Server): string {
  if (tlsAddress === undefined) return `port ${address.port}`;
  if (tlsAddress.port === address.port) return `port ${address.port} with TLS`;
  return `port ${address.port}, and with TLS on port ${tlsAddress.port}`;
}

/** Listens on this port. If the port is taken and `anyPort` is true, listens on a free port. */
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

/** Text that explains why the port differs from the wanted one. */
export function insteadOf(wanted: number, port: number): string {
  return wanted === 0 || port === wanted ? '' : `port ${wanted} is taken, so `;
}

/**
 * Prints clients that are not served: those whose id is not in `ids`, and those that the server refuses.
 *
 * @param others text for the message about clients with another id
 */
export function sayNotServed(server: Server, ids: readonly string[], others: string): void {
  server.on('client', ({ id, remoteAddress }) => {
    if (!ids.includes(id)) warn(`client ${JSON.stringify(id)} from ${String(remoteAddress)} is ${others}`);
  });
  sayTurnedAway(server);
}

/**
 * Prints connections that the server refuses, such as a second client with the same id. Values from outside
 * are printed as JSON, because they may contain control characters.
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
