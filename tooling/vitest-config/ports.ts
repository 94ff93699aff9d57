/** Ports of tests that no other process can take: see `guard-port.ts`. */
import { onTestFinished } from 'vitest';
import { guardPort, type OwnPort } from './guard-port.js';

export type { OwnPort };

/** An address and a port. Until the end of the test nothing listens there but what the test starts. */
export async function ownPort(): Promise<OwnPort> {
  const { host, port, release } = await guardPort();
  onTestFinished(release);
  return { host, port };
}
