/**
 * Ports that no other process can take: for a client that is to be refused, or a server that comes back to its port.
 *
 * On 127.0.0.1 another process can take a port as soon as nothing listens there, as its listener or for an outgoing
 * connection. So the server uses a loopback address that no other program uses, and a guard listens on the same port of a
 * second one. While it does, no process can listen on that port of all addresses at once, and no other guard gets it.
 *
 * Linux and Windows have all of 127.0.0.0/8; macOS is told in CONTRIBUTING.md.
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
  /** From then on another process may have it. */
  release(): void;
}

/** An address and a port. Until it is released nothing listens there but what the caller starts. */
export async function guardPort(): Promise<GuardedPort> {
  const guard = createServer().listen(0, GUARD);
  await once(guard, 'listening');
  const release = (): void => void guard.close();
  return { host: HOST, port: (guard.address() as AddressInfo).port, release };
}
