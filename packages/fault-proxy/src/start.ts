import { once } from 'node:events';
import { createServer } from 'node:net';
import { check, wholeNumber } from './fields.js';
import { TcpFaultProxy, type Endpoint, type FaultProxy } from './proxy.js';
import { SeededRandom } from './random.js';

/** The options of `startFaultProxy`. */
export interface FaultProxyOptions {
  /**
   * The server to which the proxy connects. It need not be up yet. A function is called for each new link,
   * for a server that restarts on another port.
   */
  readonly to: Endpoint | (() => Endpoint);
  /** Where the proxy listens. Default: 127.0.0.1 (a fault proxy is for this machine), a free port. */
  readonly listen?: { readonly host?: string; readonly port?: number };
  /** Seeds the jitter of delays: a whole number below 2 ** 32. Default: a random seed. */
  readonly seed?: number;
}

/**
 * Starts a proxy; resolves once it listens. Rejects with `ERR_USAGE` for an invalid server port or seed, and
 * with the system's error if it cannot listen (EADDRINUSE).
 */
export async function startFaultProxy({ to, listen = {}, seed }: FaultProxyOptions): Promise<FaultProxy> {
  const random = seed === undefined ? undefined : new SeededRandom(seed);
  if (typeof to !== 'function') check('to.port', to.port, wholeNumber(1, 65535));
  const listener = createServer({ allowHalfOpen: true, noDelay: true });
  listener.listen({ host: listen.host ?? '127.0.0.1', port: listen.port ?? 0 });
  await once(listener, 'listening');
  return new TcpFaultProxy(
    listener,
    typeof to === 'function' ? to : () => to,
    () => random?.next() ?? Math.random(),
  );
}
