/** `NameLookup`: looks up the host name of the server, with at most one lookup at a time. */
import { isIP } from 'node:net';
import { withTimeout } from './with-timeout.js';
import { findAddresses } from './find-addresses.js';

/**
 * Looks up the host of one client. The client asks at each attempt to connect, because the address may change. At most one
 * lookup runs at a time. If a lookup takes longer than an attempt waits for it, the lookup continues and the next attempt gets
 * its result. If each attempt started a new lookup, a first name server that does not answer would use up the time of every
 * attempt, and the second name server would never be asked.
 */
export class NameLookup {
  readonly #host: string;
  readonly #stop: AbortSignal;
  /** A lookup that is running, or whose result was not used yet. */
  #lookup: Promise<string[]> | undefined;

  /** @param stop aborting it kills a running lookup */
  constructor(host: string, stop: AbortSignal) {
    this.#host = host;
    this.#stop = stop;
  }

  /**
   * Returns the addresses of the host, in the order in which to try them.
   *
   * @throws Error when no address is found within `timeoutMs`; `signal.reason` on abort. Aborting ends only the wait.
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
