import { connect, type Socket } from 'node:net';
import { LinkError } from '@iot/framing';
import { withTimeout } from './with-timeout.js';
import type { NameLookup } from './name-lookup.js';
import type { Tls } from './tls.js';

/** Where to, and how long one attempt may take. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  /** Undefined without TLS. */
  readonly tls?: Tls | undefined;
}

/**
 * Connects once: looks the name up, and tries each address in turn with its share of the time, TLS included.
 *
 * @throws LinkError `ERR_CONNECT` with the last failure as its cause, or that failure where it is `ERR_TLS`;
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

/** One attempt at one address; a late or abandoned socket is destroyed. */
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
    // Its own failure may follow the one that ended the wait.
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
 * A failure without a code is one of `getent`, or an answer that did not come in time. Neither says whether the name is
 * unknown or there is no network yet, so the cause has the code for a lookup that may succeed later.
 */
function lookupError(host: string, error: unknown): LinkError {
  const message = `cannot find the address of ${host} (${reason(error)}): is the name right, and the network up?`;
  const cause = error instanceof Error && !('code' in error) ? unanswered(error) : error;
  return new LinkError('ERR_CONNECT', message, { cause });
}

function unanswered(error: Error): NodeJS.ErrnoException {
  return Object.assign(new Error(error.message, { cause: error }), { code: 'EAI_AGAIN' });
}

/** The code of a failure, or else its text. */
function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code ?? (error instanceof Error ? error.message : 'unknown');
}
