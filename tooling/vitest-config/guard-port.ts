/**
 * Reserves ports that no other process can take, for tests that need a closed port or restart a server on its
 * port.
 *
 * On 127.0.0.1 another process can take a port as soon as nothing listens on it, to listen or for an outgoing
 * connection. Therefore the server uses another loopback address, which no other program uses. A guard
 * listens on the same port of a second loopback address. While the guard listens, no process can listen on
 * this port on all addresses, and no other guard gets this port.
 *
 * Linux and Windows have all addresses of 127.0.0.0/8. For macOS see CONTRIBUTING.md.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

const GUARD = '127.81.23.1';
const HOST = '127.81.23.2';

export interface OwnPort {
  readonly host: string;
  readonly port: number;
}

export interface GuardedPort extends OwnPort {
  /** Ends the reservation. Other processes may then take the port. */
  release(): void;
}

/** Reserves an address and a port. Until it is released, only servers of the caller listen there. */
export async function guardPort(): Promise<GuardedPort> {
  const guard = createServer().listen(0, GUARD);
  await once(guard, 'listening');
  const release = (): void => void guard.close();
  return { host: HOST, port: (guard.address() as AddressInfo).port, release };
}
