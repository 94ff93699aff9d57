/** One attempt to connect to the server: name lookup, TCP connection and TLS handshake. */
import { connect, type Socket } from 'node:net';
import { LinkError } from '@iot/framing';
import { withTimeout } from './with-timeout.js';
import type { NameLookup } from './name-lookup.js';
import type { Tls } from './tls.js';

/** The server to connect to, and the longest time of one attempt. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  /** Undefined without TLS. */
  readonly tls?: Tls | undefined;
}

/**
 * Makes one attempt: looks up the name, and tries its addresses one after the other. Each address gets an equal share of the
 * remaining time, which includes the TLS handshake.
 *
 * @throws LinkError `ERR_TLS` if that was the last failure; otherwise `ERR_CONNECT`, with the last failure as its cause;
 * `signal.reason` on abort.
 */
export async function dial(
  { host, port, connectTimeoutMs, tls }: DialTarget,
  names: NameLookup,
  signal: AbortSignal,
): Promise<Socket> {
  const deadline = performance.now() + connectTimeoutMs;
  const addresses = await names.addresses(signal, connectTimeoutMs).catch((error: unknown) => {
    signal.throwIfAborted();
    throw lookupError(host, error);
  });
  let failure: unknown;
  for (const [index, address] of addresses.entries()) {
    const share = (deadline - performance.now()) / (addresses.length - index);
    try {
      return await open({ address, port, tls, timeoutMs: share }, signal);
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
  }
  if (failure instanceof LinkError) throw failure;
  throw connectError(`cannot connect to ${host}:${port}`, failure);
}

interface Attempt {
  readonly address: string;
  readonly port: number;
  readonly tls: Tls | undefined;
  readonly timeoutMs: number;
}

/** Tries one address. A socket that connects too late, or after an abort, is destroyed. */
function open({ address, port, tls, timeoutMs }: Attempt, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host: address, port, noDelay: true });
  const connected = new Promise<Socket>((resolve, reject) => {
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
  const ready: Promise<Socket> = tls === undefined ? connected : connected.then(() => tls.secure(socket));
  return withTimeout(ready, signal, timeoutMs).catch((error: unknown) => {
    // The socket may still emit an error after a timeout or an abort has ended the wait.
    socket.on('error', () => undefined);
    socket.destroy();
    throw error;
  });
}

function connectError(what: string, cause: unknown): LinkError {
  const message = `${what} (${reason(cause)}): is the server running, and the address right?`;
  return new LinkError('ERR_CONNECT', message, { cause });
}

/**
 * The error of a failed lookup. A failure without a code comes from `getent`, or is a timeout. In both cases the name may be
 * unknown, or the network may not be up yet. The cause therefore gets the code `EAI_AGAIN`: the lookup may succeed later.
 */
function lookupError(host: string, error: unknown): LinkError {
  const message = `cannot find the address of ${host} (${reason(error)}): is the name right, and the network up?`;
  const cause = error instanceof Error && !('code' in error) ? unanswered(error) : error;
  return new LinkError('ERR_CONNECT', message, { cause });
}

function unanswered(error: Error): NodeJS.ErrnoException {
  return Object.assign(new Error(error.message, { cause: error }), { code: 'EAI_AGAIN' });
}

/** The code of a failure, or its message if it has no code. */
function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code ?? (error instanceof Error ? error.message : 'unknown');
}
