import { connect, type Socket } from 'node:net';
import { LinkError } from '@iot/framing';
import { bounded } from './bounded.js';
import type { NameLookup } from './name-lookup.js';

/** Where to, and how long one attempt may take. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
}

/**
 * Connects once: looks the name up, and tries each address in turn with its share of the time.
 *
 * @throws LinkError `ERR_CONNECT` with the last failure as its cause; `signal.reason` on abort.
 */
export async function dial(
  { host, port, connectTimeoutMs }: DialTarget,
  names: NameLookup,
  signal: AbortSignal,
): Promise<Socket> {
  const deadline = performance.now() + connectTimeoutMs;
  const addresses = await names.addresses(signal, connectTimeoutMs).catch((error: unknown) => {
    signal.throwIfAborted();
    throw connectError(`cannot find the address of ${host}`, error);
  });
  let failure: unknown;
  for (const [index, address] of addresses.entries()) {
    const share = (deadline - performance.now()) / (addresses.length - index);
    try {
      return await open(address, port, share, signal);
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
  }
  throw connectError(`cannot connect to ${host}:${port}`, failure);
}

/** One attempt at one address; a late or abandoned socket is destroyed. */
function open(address: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host: address, port, noDelay: true });
  const connected = new Promise<Socket>((resolve, reject) => {
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
  return bounded(connected, signal, timeoutMs).catch((error: unknown) => {
    // Its own failure may follow the one that ended the wait.
    socket.on('error', () => undefined);
    socket.destroy();
    throw error;
  });
}

function connectError(what: string, cause: unknown): LinkError {
  const why =
    (cause as NodeJS.ErrnoException | undefined)?.code ??
    (cause instanceof Error ? cause.message : 'unknown');
  return new LinkError('ERR_CONNECT', `${what} (${why}): is the server running, and the address right?`, {
    cause,
  });
}
