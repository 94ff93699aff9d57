/**
 * What the dialer does with a network: has it connected before a link, hears when it goes, leaves it after an outage. A
 * network counts as connected when it has stayed so for a while: a board at the edge of its reach connects and loses it
 * again at once. No call takes longer than its bounds, whatever the network does.
 */
import { reportUncaught } from '@iot/connection/internal';
import { LinkError } from '@iot/framing';
import { withTimeout } from '../with-timeout.js';
import type { Network } from './network.js';

export interface NetworkKeeperSettings {
  /** Bounds one attempt to connect, one to leave, and one look whether the network is still there. */
  readonly networkTimeoutMs: number;
  /** For how long the network must stay connected, once it is. */
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

  /** How many times the network was connected from here, and stable. */
  get connects(): number {
    return this.#connects;
  }

  /**
   * Resolves once the board is on a stable network: at once if it is connected already.
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
    const still = await this.#within(signal, 'cannot tell whether the network is connected', (stop) =>
      network.isConnected(stop),
    );
    if (!still) throw this.#unstable();
    this.#connects += 1;
  }

  /**
   * Leaves the network. A failure is yielded, for the log: the next `up` begins with what there is.
   *
   * @throws `signal.reason` on abort.
   */
  async down(signal: AbortSignal): Promise<LinkError | undefined> {
    try {
      await this.#within(signal, 'cannot leave the network', (stop) => this.#network.disconnect(stop));
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      return error as LinkError;
    }
  }

  /**
   * Calls the listener each time the network goes, until the function returned is called.
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
      `the network connected and was gone within ${this.#settings.networkStableMs} ms: is its signal strong enough?`,
    );
  }

  /** One call to the network, which is aborted when its time is up. */
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

/** A failure of any kind is the network's. */
function networkError(what: string, failure: unknown): LinkError {
  if (failure instanceof LinkError && failure.code === 'ERR_NETWORK') return failure;
  const why = failure instanceof Error ? failure.message : String(failure);
  return new LinkError('ERR_NETWORK', `${what} (${why}): is it in reach?`, { cause: failure });
}
