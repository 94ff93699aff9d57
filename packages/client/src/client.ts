import { Connection, type ConnectionOptions, type Engine } from '@iot/connection';
import { UsageError } from '@iot/framing';
import type { NetworkKeeper } from './network/keeper.js';
import type { Tls, TlsConnectOptions } from './tls.js';

export interface ReloadOptions {
  /** As in `connect`. */
  readonly tls: TlsConnectOptions;
}

/** What a client has besides a connection. */
interface ClientParts {
  readonly network: NetworkKeeper | undefined;
  readonly tls: Tls | undefined;
}

/** This end of the link; the server's end has the same surface but for the network. */
export class Client extends Connection {
  readonly #parts: ClientParts;

  /** Applications get theirs from `connect`. */
  constructor(engine: Engine, options: ConnectionOptions, parts: ClientParts) {
    super(engine, options);
    this.#parts = parts;
  }

  /**
   * Takes another key or certificate, or other authorities, for the next connections to the server. The link that there is
   * goes on.
   *
   * @throws UsageError `ERR_BAD_OPTION` for what cannot work, and then nothing has changed; also when the client has no TLS.
   */
  reload({ tls }: ReloadOptions): void {
    if (this.#parts.tls === undefined)
      throw new UsageError('ERR_BAD_OPTION', 'this client has no TLS: give tls to connect');
    this.#parts.tls.reload(tls);
  }

  /** How many times the client connected the board to its network; 0 where that is left to the operating system. */
  get networkConnects(): number {
    return this.#parts.network?.connects ?? 0;
  }
}
