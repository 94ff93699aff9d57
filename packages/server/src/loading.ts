/**
 * Clients whose session is looked for in the store: from the socket whose id is known to the session as it is stored.
 *
 * Theory of operation: one load an id at a time, whichever sockets come meanwhile; the newest socket gets the session. A
 * session that is being closed or forgotten here still changes in the store: a load waits for that, and what was loaded
 * before it is loaded again, since two that go on from the same place would end each other. A client hears nothing while
 * its session is loaded, and has given its link up after two timeouts at the latest.
 */
import type { Clock, SessionStore } from '@iot/connection';
import { LinkLog, LoadedSession } from '@iot/connection/internal';
import type { Newcomer } from './handshake.js';
import type { ListenSettings } from './options.js';
import type { Registry } from './registry.js';
import { whyOf } from './why.js';

/** A load that is under way, and the newest socket that waits for it. */
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

  /** @param loaded called with the session of each newcomer that is still there */
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

  /** A newcomer waits for its session; the older one of two that have the same id is given up. */
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

  /** The newcomer of this id, which waits no more. */
  take(id: string): Newcomer | undefined {
    const load = this.#loads.get(id);
    const newcomer = load?.newcomer;
    if (load === undefined || newcomer === undefined) return undefined;
    load.cancelTimer();
    load.newcomer = undefined;
    return newcomer;
  }

  /** Gives up all that wait. */
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
      // Without one the server may be closed, and its store with it.
      if (newcomer === undefined) return;
      newcomer.socket.destroy();
      const why = whyOf(error);
      const log = new LinkLog(logger, id);
      log.write('error', 'a session could not be loaded: its client cannot come', { why });
    }
  }
}
