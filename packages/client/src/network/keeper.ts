/**
 * Manages the network of a board for the dialer: connects it before a link, reports when it is lost, and disconnects it after
 * an outage. A network counts as connected only after it has stayed connected for a while (`networkStableMs`), because a board
 * at the edge of the radio range connects and loses the network again at once. Every call of the network has a timeout, even if
 * the implementation of the network (`network.ts`) hangs.
 */
import { reportUncaught } from '@iot/connection/internal';
import { LinkError } from '@iot/framing';
import { withTimeout } from '../with-timeout.js';
import type { Network } from './network.js';

export interface NetworkKeeperSettings {
  /** The longest time of one call to the network: to connect, to disconnect, or to check whether it is connected. */
  readonly networkTimeoutMs: number;
  /** How long the network must stay connected before it counts as connected. */
  readonly networkStableMs: number;
}

export class NetworkKeeper {
  readonly #network: Network;
  readonly #settings: NetworkKeeperSettings;
  #connects = 0;

  constructor(network: Network, settings: NetworkKeeperSettings) {
    this.#network = network;
    this.#settings = settings;
  }

  /** How many times this object connected the network, and the network was stable. */
  get connects(): number {
    return this.#connects;
  }

  /**
   * Resolves once the board is on a stable network. Resolves at once if the network is already connected.
   *
   * @throws LinkError `ERR_NETWORK`; `signal.reason` on abort.
   */
  async up(signal: AbortSignal): Promise<void> {
    const network = this.#network;
    const connectedBefore = await this.#within(signal, 'cannot connect to the network', async (stop) => {
      if (await network.isConnected(stop)) return true;
      await network.connect(stop);
      return false;
    });
    if (connectedBefore) return;
    await this.#stable(signal);
    const still = await this.#within(signal, 'cannot find out whether the network is connected', (stop) =>
      network.isConnected(stop),
    );
    if (!still) throw this.#unstable();
    this.#connects += 1;
  }

  /**
   * Disconnects the network. A failure is returned for the log, and not thrown: the next `up` can connect in any case.
   *
   * @throws `signal.reason` on abort.
   */
  async down(signal: AbortSignal): Promise<LinkError | undefined> {
    try {
      await this.#within(signal, 'cannot disconnect the network', (stop) => this.#network.disconnect(stop));
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      return error as LinkError;
    }
  }

  /**
   * Calls the listener each time the network is lost. Returns a function that removes the listener.
   *
   * @throws LinkError `ERR_NETWORK` when the network cannot be listened to.
   */
  onLost(listener: () => void): () => void {
    try {
      const off = this.#network.onChange((connected) => {
        if (!connected) listener();
      });
      return () => {
        reportUncaught(off);
      };
    } catch (error) {
      throw networkError('cannot listen to the network', error);
    }
  }

  async #stable(signal: AbortSignal): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let unwatch: () => void = () => undefined;
    const lasted = new Promise<void>((resolve, reject) => {
      timer = setTimeout(resolve, this.#settings.networkStableMs);
      unwatch = this.onLost(() => {
        reject(this.#unstable());
      });
    });
    try {
      await withTimeout(lasted, signal);
    } finally {
      clearTimeout(timer);
      unwatch();
    }
  }

  #unstable(): LinkError {
    return new LinkError(
      'ERR_NETWORK',
      `the network was lost within ${this.#settings.networkStableMs} ms after it connected: is its signal strong enough?`,
    );
  }

  /** Makes one call to the network, and aborts it after `networkTimeoutMs`. */
  async #within<T>(signal: AbortSignal, what: string, call: (stop: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const stop = new AbortController();
    const abort = () => {
      stop.abort(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      const called = (async () => call(stop.signal))();
      return await withTimeout(called, signal, this.#settings.networkTimeoutMs);
    } catch (error) {
      signal.throwIfAborted();
      throw networkError(what, error);
    } finally {
      signal.removeEventListener('abort', abort);
      stop.abort();
    }
  }
}

/** Turns any failure of a network into a LinkError `ERR_NETWORK`. */
function networkError(what: string, failure: unknown): LinkError {
  if (failure instanceof LinkError && failure.code === 'ERR_NETWORK') return failure;
  const why = failure instanceof Error ? failure.message : String(failure);
  return new LinkError('ERR_NETWORK', `${what} (${why}): is it in reach?`, { cause: failure });
}
