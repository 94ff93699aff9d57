import { Connection, Pump } from '@iot/connection';
import { Session } from '@iot/qos';
import type { Random, WireEnd } from '@iot/simulation';
import { Application } from './application.js';
import { Run } from './run.js';
import { noPeerError, type Stage } from './stage.js';
import { Texts } from './texts.js';
import { WireTransport } from './wire-transport.js';

/** The server's session with the board, and the application on it; it exists as long as its simulation. */
export class ServerEnd {
  readonly application: Application;
  readonly #pump: Pump;

  constructor(stage: Stage, random: Random) {
    const { options, up, down } = stage;
    const run = new Run('server', stage.clock);
    const maxUnreadLines = random.pick([1, 4, 256]);
    this.#pump = new Pump(
      new Session({ role: 'server', id: 'board', timeout: options.timeoutMs, maxUnreadLines }),
      run,
    );
    const connection = new Connection(this.#pump, { id: 'board', maxUnsentLines: 1024 });
    connection.on('peerError', noPeerError(stage));
    const texts = new Texts('s', random, { identical: options.identical, long: options.longLinesDown });
    const parts = { stage, random, texts, run, number: 1, outgoing: down, incoming: up };
    this.application = new Application(parts, connection);
  }

  get up(): boolean {
    return this.#pump.up;
  }

  /** A newcomer takes over. */
  welcome(end: WireEnd, rest: Uint8Array): void {
    this.#pump.attach(new WireTransport(end), rest);
  }
}
