/** What the servers of several apps have in common. */
import type { Server } from '@iot/server';
import colors from 'picocolors';
import { say } from './log.js';

/** Listens on this port, or on a free one when it is taken and `anyPort` says that another will do. */
export function listenOn<S>(
  port: number,
  anyPort: boolean,
  listen: (port: number) => Promise<S>,
): Promise<S> {
  return listen(port).catch((error: unknown) => {
    if (!anyPort) throw error;
    return listen(0);
  });
}

/**
 * Prints which clients come and are not served: those whose id is not in `ids`, and of two with the same id the second.
 *
 * @param others what clients with another id are, in the words of the message
 */
export function sayNotServed(server: Server, ids: readonly string[], others: string): void {
  const warn = (text: string): void => {
    say(colors.yellow(text));
  };
  server.on('client', ({ id, remoteAddress }) => {
    if (!ids.includes(id)) warn(`client ${JSON.stringify(id)} from ${String(remoteAddress)} is ${others}`);
  });
  server.on('duplicate', (id, address) => {
    warn(`client ${id} is here already; another one with this id came from ${String(address)}`);
  });
  server.on('refused', (reason, id, address) => {
    warn(`refused ${id === undefined ? 'a connection' : `client ${id}`} from ${String(address)}: ${reason}`);
  });
}
