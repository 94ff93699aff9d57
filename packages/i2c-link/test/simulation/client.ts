import { Connection, Pump, type WaitOptions } from '@iot/connection';
import { type LinkOptions } from '@iot/connection/internal';
import { LinkError } from '@iot/framing';
import { Session } from '@iot/qos';
import type { WireEnd } from '@iot/simulation';
import type { Run } from './run.js';
import type { Stage } from './stage.js';
import { WireTransport } from './wire-transport.js';

export interface ClientOptions extends LinkOptions {
  readonly id: string;
  /** Lines of the server's that it may have acked and not read: these it may lose when it dies. */
  readonly mayHold: number;
}

/**
 * The client of one run of a responder, over the simulated network, and a record of what that run holds: lines of the
 * board's that the server has not acked are its owner's to know, lines of the server's that the board has not got are
 * here.
 */
export class Client extends Connection {
  readonly #stage: Stage;
  readonly #run: Run;
  readonly #pump: Pump;
  /** Told when the server has acked a line. */
  readonly #acked: (text: string) => void;
  readonly #mayHold: number;
  /** Lines of the server's that were read, and of these the ones that the board has not got. */
  readonly #read: string[] = [];
  readonly #held: string[] = [];
  #end: WireEnd | undefined;
  #stopped = false;

  constructor(stage: Stage, run: Run, { mayHold, ...options }: ClientOptions, acked: (text: string) => void) {
    const pump = new Pump(new Session({ ...options, role: 'client' }), run);
    super(pump, {
      id: options.id,
      maxUnsentLines: 1024,
      release: () => {
        this.#stopped = true;
      },
    });
    this.#stage = stage;
    this.#run = run;
    this.#pump = pump;
    this.#acked = acked;
    this.#mayHold = mayHold;
    void this.#keepConnected();
  }

  override async write(text: string, flags = {}): Promise<void> {
    this.#stage.trace.log(this.#run.name, `forwards "${text.slice(0, 12)}"`);
    this.#stage.witness.claim('passed', text);
    await super.write(text, flags);
    this.#acked(text);
  }

  override async readline(options: WaitOptions = {}): Promise<string> {
    const text = await super.readline(options);
    this.#stage.trace.log(this.#run.name, `reads "${text.slice(0, 12)}"`);
    this.#read.push(text);
    this.#held.push(text);
    return text;
  }

  /** The board has this line. */
  given(text: string): void {
    const place = this.#held.indexOf(text);
    if (place >= 0) this.#held.splice(place, 1);
  }

  /**
   * The process dies. What it held of the server's is lost; what it had read may come again in the next run, if the
   * server has not heard its ack.
   */
  die(): void {
    const { down, random } = this.#stage;
    const how = random.pick(['fin', 'reset', 'silent'] as const);
    if (how === 'fin') this.#end?.close();
    if (how === 'reset') this.#end?.abort();
    if (how === 'silent') this.#end?.powerCut();
    for (const text of this.#held) down.excuse(text, 'crash');
    for (const text of this.#read) down.mayRepeat(text);
    for (const text of this.#ackedUnread()) down.excuse(text, 'crash');
  }

  #ackedUnread(): string[] {
    const { session } = this.#pump;
    return Array.from({ length: this.#mayHold }, () => session.read()).filter((text) => text !== undefined);
  }

  /** The host of a dead process runs again: it answers for what it does not know. */
  hostIsBack(): void {
    this.#end?.powerBack();
  }

  /** As the real one: connects again without end, but gives up when the very first attempt fails. */
  async #keepConnected(): Promise<void> {
    const { random, options } = this.#stage;
    for (let everUp = false; ;) {
      await this.#run.pause(random.int(0, everUp ? options.awayMs : 10));
      if (this.#stopped) return;
      const wasUp = await this.#link();
      if (!everUp && !wasUp) return this.close(new LinkError('ERR_CONNECT', 'the first connection failed'));
      everUp = true;
    }
  }

  /** One link; true when it was up. */
  async #link(): Promise<boolean> {
    const end = this.#stage.network.connect();
    if (end === undefined) return false;
    this.#end = end;
    const { outages } = this.#pump.stats;
    this.#pump.attach(new WireTransport(end));
    await this.#pump.linkEnd();
    return this.#pump.stats.outages > outages;
  }
}
