import { isIP } from 'node:net';
import { withTimeout } from './with-timeout.js';
import { findAddresses } from './find-addresses.js';

/**
 * Looks up the host of one client, which asks at each attempt to connect, since the address may change. At most one
 * lookup runs at a time. One that takes longer than an attempt waits for it goes on, and the next attempt gets its
 * result: a lookup that always started from the beginning would never reach the second name server when the first one
 * does not answer.
 */
export class NameLookup {
  readonly #host: string;
  readonly #stop: AbortSignal;
  /** Running, or found and not used yet. */
  #lookup: Promise<string[]> | undefined;

  /** @param stop ends a lookup that runs */
  constructor(host: string, stop: AbortSignal) {
    this.#host = host;
    this.#stop = stop;
  }

  /**
   * The addresses of the host, in the order in which to try them.
   *
   * @throws Error when none is found, or not within `timeoutMs`; `signal.reason` on abort, which ends only the wait.
   */
  async addresses(signal: AbortSignal, timeoutMs: number): Promise<string[]> {
    if (isIP(this.#host)) return [this.#host];
    const addresses = await withTimeout((this.#lookup ??= this.#start()), signal, timeoutMs);
    this.#lookup = undefined;
    return addresses;
  }

  #start(): Promise<string[]> {
    const lookup = findAddresses(this.#host, this.#stop);
    lookup.catch(() => {
      this.#lookup = undefined;
    });
    return lookup;
  }
}
