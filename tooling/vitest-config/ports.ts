/** Ports for tests that no other process can take: see `guard-port.ts`. */
import { onTestFinished } from 'vitest';
import { guardPort, type OwnPort } from './guard-port.js';

export type { OwnPort };

/** Reserves an address and a port. Until the end of the test, only servers of the test listen there. */
export async function ownPort(): Promise<OwnPort> {
  const { host, port, release } = await guardPort();
  onTestFinished(release);
  return { host, port };
}
