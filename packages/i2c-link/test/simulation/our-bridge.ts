import type { Random } from '@iot/simulation';
import { openBridge } from '../../src/bridge/index.js';
import type { I2cMaster } from '../../src/channel/ports.js';
import { Client } from './client.js';
import { Run } from './run.js';
import { noPeerError, type ResponderProcess, type Stage } from './stage.js';

/** The bridge under test, over all its runs; a reset of its input is no end of a run. */
export class OurBridge implements ResponderProcess {
  readonly #stage: Stage;
  readonly #random: Random;
  #count = 0;
  #run!: Run;
  #clients: Client[] = [];
  /** Lines of the board's that this run has taken, as the bus has shown, and that the server has not acked. */
  #held: string[] = [];
  #slowUntil = 0;
  #resets = 0;

  constructor(stage: Stage, random: Random) {
    this.#stage = stage;
    this.#random = random;
    stage.bus.observe((event) => {
      if (event.type === 'edge' && event.wire === 'reset' && event.level === 0) this.#resets += 1;
    });
  }

  get alive(): boolean {
    return this.#run.alive;
  }

  get everUp(): boolean {
    return this.#clients.some((client) => client.connects > 0);
  }

  start(): void {
    const { bus, clock, trace } = this.#stage;
    const { board } = this.#stage.options;
    for (const client of this.#clients) client.hostIsBack();
    const run = new Run(`bridge/${++this.#count}`, clock);
    this.#run = run;
    this.#clients = [];
    this.#held = [];
    trace.log(run.name, 'starts');
    const { syn, ack, reset } = bus.responder;
    const bridge = openBridge({
      master: this.#slowed(bus.responder.master, run),
      syn,
      ack,
      reset: { pin: reset },
      clock: run,
      connect: (settings) => {
        const client = new Client(this.#stage, run, { ...settings, mayHold: 0 }, (text) => this.#acked(text));
        this.#clients.push(client);
        return client;
      },
    });
    bridge.on('configured', (_, resumed) => trace.log(run.name, resumed ? 'resumes' : 'is configured'));
    bridge.on('ended', (error) => trace.log(run.name, `channel ended: ${error?.message ?? 'in order'}`));
    const failOnPeerError = noPeerError(this.#stage);
    bridge.on('peerError', (error) => {
      // Which lines these are, the model of the board knows.
      const early = board === 'original' && error.message.includes('a line before its configuration');
      if (!early) failOnPeerError(error);
    });
  }

  taken(text: string): void {
    this.#held.push(text);
    if (this.#held.length > 1)
      this.#stage.fail(new Error(`${this.#run.name} holds two lines of the board's`));
  }

  given(text: string): void {
    for (const client of this.#clients) client.given(text);
  }

  /** It was lost at the edge. */
  dropped(text: string): void {
    this.#acked(text);
  }

  /** For a while each transfer begins late. */
  slow(ms: number): void {
    this.#slowUntil = this.#stage.clock.now + ms;
  }

  die(): void {
    if (!this.#run.alive) return;
    const { bus, trace, up, witness } = this.#stage;
    trace.log(this.#run.name, 'dies');
    this.#run.end();
    bus.crash('responder');
    for (const text of this.#held) up.excuse(text, 'crash');
    this.#held = [];
    for (const client of this.#clients) client.die();
    witness.died('responder');
  }

  #acked(text: string): void {
    const place = this.#held.indexOf(text);
    if (place >= 0) this.#held.splice(place, 1);
  }

  /** A transfer cannot be called back: the next one has to wait for it. */
  #slowed(master: I2cMaster, run: Run): I2cMaster {
    let transferring = false;
    const late = async <T>(transfer: () => Promise<T>): Promise<T> => {
      if (transferring) this.#stage.fail(new Error(`${run.name} makes two transfers at once`));
      transferring = true;
      try {
        await this.#late(run);
        return await transfer();
      } finally {
        transferring = false;
      }
    };
    return {
      read: (address, length) => late(() => master.read(address, length)),
      write: (address, bytes) => late(() => master.write(address, bytes)),
    };
  }

  async #late(run: Run): Promise<void> {
    if (this.#stage.clock.now >= this.#slowUntil) return;
    const resets = this.#resets;
    await run.pause(this.#random.int(0, LATEST_MS));
    if (this.#resets > resets) throw new Error('too late: the unit was reset');
  }
}

/** The board gives a transfer five seconds. */
const LATEST_MS = 4500;
