import { Connection, type ConnectionOptions, type Engine } from '@iot/connection';
import type { NetworkKeeper } from './network/keeper.js';

/** This end of the link; the server's end has the same surface but for the network. */
export class Client extends Connection {
  readonly #network: NetworkKeeper | undefined;

  /** Applications get theirs from `connect`. */
  constructor(engine: Engine, options: ConnectionOptions, network: NetworkKeeper | undefined) {
    super(engine, options);
    this.#network = network;
  }

  /** How many times the client connected the board to its network; 0 where that is left to the operating system. */
  get networkConnects(): number {
    return this.#network?.connects ?? 0;
  }
}
