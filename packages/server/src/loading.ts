/**
 * Loads the session of a newcomer from the store. A newcomer is a client that has connected and said its id, and whose link
 * has not begun yet.
 *
 * How it works: there is at most one load for each id at a time. If further sockets with the same id arrive meanwhile, the
 * newest one gets the session. If this process is still closing or forgetting a session of this id, the stored session still
 * changes. The load then waits until it has ended. If a close begins during the load, the session is loaded again, because two
 * sessions that continue from the same entry would fence each other (`port.ts` of @iot/connection).
 *
 * While its session is loaded, the client is sent nothing. It has ended the link after two timeouts at the latest, so its
 * socket is then destroyed here too.
 */
import type { Clock, SessionStore } from '@iot/connection';
import { LinkLog, LoadedSession } from '@iot/connection/internal';
import type { Newcomer } from './handshake.js';
import type { ListenSettings } from './options.js';
import type { Registry } from './registry.js';
import { whyOf } from './why.js';

/** A running load, and the newest newcomer that waits for it. */
interface Load {
  newcomer: Newcomer | undefined;
  cancelTimer: () => void;
}

export class Loading {
  readonly #settings: ListenSettings;
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #loaded: (newcomer: Newcomer, session: LoadedSession) => void;
  /** By id. */
  readonly #loads = new Map<string, Load>();

  /** @param loaded called with the loaded session, if the newcomer is still connected */
  constructor(
    settings: ListenSettings,
    registry: Registry,
    clock: Clock,
    loaded: (newcomer: Newcomer, session: LoadedSession) => void,
  ) {
    this.#settings = settings;
    this.#registry = registry;
    this.#clock = clock;
    this.#loaded = loaded;
  }

  /** Adds a newcomer, which waits for its session. Of two newcomers with the same id, the older socket is destroyed. */
  add(newcomer: Newcomer, store: SessionStore): void {
    const { id } = newcomer;
    const load = this.#loads.get(id) ?? this.#begin(id, store);
    const { newcomer: other } = load;
    if (other !== undefined && other.accepted > newcomer.accepted) return void newcomer.socket.destroy();
    other?.socket.destroy();
    load.cancelTimer();
    load.newcomer = newcomer;
    load.cancelTimer = this.#clock.at(this.#clock.now() + 2 * this.#settings.timeout, () => {
      this.take(id)?.socket.destroy();
    });
  }

  /** Removes and returns the waiting newcomer of this id, if there is one. */
  take(id: string): Newcomer | undefined {
    const load = this.#loads.get(id);
    const newcomer = load?.newcomer;
    if (load === undefined || newcomer === undefined) return undefined;
    load.cancelTimer();
    load.newcomer = undefined;
    return newcomer;
  }

  /** Destroys the sockets of all waiting newcomers. */
  close(): void {
    for (const id of this.#loads.keys()) this.take(id)?.socket.destroy();
  }

  #begin(id: string, store: SessionStore): Load {
    const load: Load = { newcomer: undefined, cancelTimer: () => undefined };
    this.#loads.set(id, load);
    void this.#run(id, store).finally(() => this.#loads.delete(id));
    return load;
  }

  async #run(id: string, store: SessionStore): Promise<void> {
    const { logger, closeTimeoutMs } = this.#settings;
    let newcomer: Newcomer | undefined;
    try {
      let session: LoadedSession;
      do {
        await this.#registry.ended(id);
        session = await LoadedSession.load({ store, id, logger, closeTimeoutMs });
      } while (this.#registry.isEnding(id));
      newcomer = this.take(id);
      if (newcomer?.socket.destroyed === false) this.#loaded(newcomer, session);
    } catch (error) {
      newcomer ??= this.take(id);
      // Without a newcomer, nothing is logged: the server, and its store, may have been closed.
      if (newcomer === undefined) return;
      newcomer.socket.destroy();
      const why = whyOf(error);
      const log = new LinkLog(logger, id);
      log.write('error', 'a session could not be loaded: its client cannot connect', { why });
    }
  }
}
