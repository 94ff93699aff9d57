/** `Client`: the object that `connect` returns. It is a `Connection` with two additions: `reload` and `networkConnects`. */
import { Connection, type ConnectionOptions, type Engine } from '@iot/connection';
import { UsageError } from '@iot/framing';
import type { NetworkKeeper } from './network/keeper.js';
import type { Tls, TlsConnectOptions } from './tls.js';

export interface ReloadOptions {
  /** The same option as in `connect`. */
  readonly tls: TlsConnectOptions;
}

/** The parts that a client has besides those of a connection. */
interface ClientParts {
  readonly network: NetworkKeeper | undefined;
  readonly tls: Tls | undefined;
}

/** The client's end of the link. */
export class Client extends Connection {
  readonly #parts: ClientParts;

  /** Applications do not call this: they get a client from `connect`. */
  constructor(engine: Engine, options: ConnectionOptions, parts: ClientParts) {
    super(engine, options);
    this.#parts = parts;
  }

  /**
   * Replaces the key, the certificate or the trusted authorities. The new ones are used from the next connection to the server
   * on. The current link continues.
   *
   * @throws UsageError `ERR_BAD_OPTION` for options that cannot work, and when the client has no TLS. Nothing changes then.
   */
  reload({ tls }: ReloadOptions): void {
    if (this.#parts.tls === undefined)
      throw new UsageError('ERR_BAD_OPTION', 'this client has no TLS: give tls to connect');
    this.#parts.tls.reload(tls);
  }

  /** How many times the client connected the board to its network. 0 without the option `network`. */
  get networkConnects(): number {
    return this.#parts.network?.connects ?? 0;
  }
}
