/**
 * Ports that no other process can take: for a test in which a client is refused, or a server comes back to its port.
 *
 * On 127.0.0.1 another process can take a port as soon as nothing listens there, as its listener or for an outgoing
 * connection. So the test uses a loopback address that no other program uses, and a guard listens on the same port of a
 * second one. While it does, no process can listen on that port of all addresses at once, and no other test gets it.
 *
 * Linux and Windows have all of 127.0.0.0/8; macOS is told in CONTRIBUTING.md.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

const GUARD = '127.81.23.1';
const HOST = '127.81.23.2';

export interface OwnPort {
  readonly host: string;
  readonly port: number;
}

/** An address and a port. Until the end of the test nothing listens there but what the test starts. */
export async function ownPort(): Promise<OwnPort> {
  const guard = createServer().listen(0, GUARD);
  onTestFinished(() => {
    guard.close();
  });
  await once(guard, 'listening');
  return { host: HOST, port: (guard.address() as AddressInfo).port };
}
