import { Random, Trace, VirtualClock } from '@iot/simulation';
import { MemoryBus } from '../../src/testing/index.js';
import { Book, type BookReport } from './book.js';
import type { WorldOptions } from './draw.js';
import { Faults } from './faults.js';
import { Run } from './run.js';
import { Network } from './network.js';
import { OriginalBoard } from './original-board.js';
import { OriginalEsp } from './original-esp.js';
import { OurBoard } from './our-board.js';
import { OurBridge } from './our-bridge.js';
import { ServerEnd } from './server-end.js';
import type { BoardProcess, ResponderProcess, Stage } from './stage.js';
import { Witness } from './witness.js';

export interface Outcome {
  readonly up: BookReport;
  readonly down: BookReport;
  readonly faults: number;
  readonly trace: string;
}

/**
 * Long enough for every wait of the units to be over, for the longest line to go through after that, and for a wrong
 * repeat to arrive: since the faults ended, and since the last change.
 */
const HEALED_MS = 15_000;
const QUIET_MS = 8000;
/** All must have arrived by then. */
const TIME_LIMIT_MS = 900_000;

/** About a second of an exchange every 20 ms: what led to a violation. */
const TRACE_ENTRIES = 4000;

/** Events that run before other tests and the runner get their turn. */
const EVENTS_A_TURN = 2000;

/** One world: faults first, then healing, then the promise is checked. Rejects, with the trace, when it was broken. */
export class World {
  readonly #options: WorldOptions;
  readonly #clock = new VirtualClock();
  readonly #trace = new Trace(() => this.#clock.now, TRACE_ENTRIES);
  readonly #stage: Stage;
  readonly #server: ServerEnd;
  readonly #board: BoardProcess;
  readonly #responder: ResponderProcess;
  readonly #faults: Faults;
  #failure: { readonly error: unknown } | undefined;
  #healedAt = Infinity;
  #steps = 0;

  constructor(seed: number, options: WorldOptions) {
    this.#options = options;
    const random = new Random(seed);
    this.#stage = this.#makeStage(random);
    this.#server = new ServerEnd(this.#stage, random.fork());
    const Board = options.board === 'ours' ? OurBoard : OriginalBoard;
    const Responder = options.responder === 'ours' ? OurBridge : OriginalEsp;
    this.#board = new Board(this.#stage, random.fork());
    this.#responder = new Responder(this.#stage, random.fork());
    this.#board.start();
    this.#responder.start();
    this.#faults = new Faults(this.#stage, random.fork(), this.#board, this.#responder);
  }

  async run(): Promise<Outcome> {
    try {
      await this.#runUntil(() => false, this.#options.faultyMs);
      this.#heal();
      const deadline = this.#clock.now + TIME_LIMIT_MS;
      const done = await this.#runUntil(() => this.#isQuiet(), deadline);
      const { up, down } = this.#stage;
      const report = { up: up.check(), down: down.check(), faults: this.#faults.count };
      if (!done) throw new Error('it did not become quiet');
      return { ...report, trace: this.#trace.toString() };
    } catch (error) {
      throw Object.assign(error as Error, { trace: this.#trace });
    }
  }

  #makeStage(random: Random): Stage {
    const [clock, trace, options] = [this.#clock, this.#trace, this.#options];
    const { latencyMs, chunking, khz } = options;
    const fail = (error: unknown) => {
      this.#failure ??= { error };
    };
    const bus = new MemoryBus({ clock: new Run('bus', clock), khz });
    const [up, down] = [new Book('up'), new Book('down')];
    const witness = new Witness(bus, {
      taken: (text) => this.#responder.taken(text),
      given: (text) => {
        this.#responder.given(text);
        this.#board.given(text);
      },
      brokenAtEdge: (text) => {
        up.excuse(text, 'edge');
        this.#responder.dropped(text);
      },
      brokenOnItsWay: (text) => down.excuse(text, 'on its way'),
      tornAway: (text) => up.excuse(text, 'crash'),
      violation: (what) => fail(new Error(what)),
    });
    bus.observe((event) => {
      if (event.type === 'edge') trace.log('bus', `${event.wire} ${event.level}`);
      else if (event.type === 'transfer') trace.log('bus', event.kind, event.bytes);
      else trace.log('bus', `${event.type} ${event.kind}`);
    });
    const network = new Network({
      ...{ clock, random: random.fork(), trace, latencyMs, chunking },
      welcome: (end, rest) => this.#server.welcome(end, rest),
    });
    const { habits } = options;
    const shared = { clock, trace, options, habits, bus, witness, network, up, down };
    return { ...shared, random: random.fork(), healed: () => this.#healedAt !== Infinity, fail };
  }

  /** The faults end; who is dead now will start as it would have. */
  #heal(): void {
    this.#trace.log('world', 'heals');
    this.#healedAt = this.#clock.now;
    this.#stage.bus.release('syn');
    this.#stage.bus.release('ack');
    this.#stage.network.heal();
  }

  #isQuiet(): boolean {
    const applications = [this.#board.application, this.#server.application];
    const { now } = this.#clock;
    if (now - this.#healedAt < HEALED_MS) return false;
    return (
      this.#board.up &&
      this.#responder.alive &&
      applications.every(({ unsettled, lastChange }) => unsettled === 0 && now - lastChange >= QUIET_MS)
    );
  }

  /** Lets time pass until then or until the condition holds; what promises can do is done between two events. */
  async #runUntil(condition: () => boolean, time: number): Promise<boolean> {
    for (;;) {
      await this.#settle();
      if (this.#failure !== undefined) throw this.#failure.error;
      if (condition()) return true;
      let left = 1;
      if (!this.#clock.runWhile(() => left-- > 0, time)) return false;
    }
  }

  /** Ticks run when there is no microtask left. The event loop gets a turn now and then. */
  #settle(): Promise<void> {
    this.#steps += 1;
    return new Promise((resolve) => {
      if (this.#steps % EVENTS_A_TURN === 0) setImmediate(resolve);
      else process.nextTick(resolve);
    });
  }
}
