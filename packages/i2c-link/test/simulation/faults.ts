import type { Random } from '@iot/simulation';
import type { BoardProcess, ResponderProcess, Stage } from './stage.js';

/**
 * `cut`, `stall`, `slow`, `refuse`: of the link between the responder and the server. `no-answer`, `truncate`, `stick`,
 * `late`: of the bus. `reboot`: the board's application resets the responder. `responder`, `board`: that process dies.
 */
export type Fault =
  | 'cut'
  | 'stall'
  | 'slow'
  | 'refuse'
  | 'no-answer'
  | 'truncate'
  | 'stick'
  | 'late'
  | 'reboot'
  | 'responder'
  | 'board';

/**
 * With an original board these wait until the responder's client has been up: if its first link fails, the responder says
 * that there is no server, and an original that glues that word to a half line waits without end.
 */
const LINK_FAULTS: readonly Fault[] = ['cut', 'stall', 'slow', 'refuse'];

/** Bus events from a fault's time to its step, at most: two exchanges. */
const STEPS = 60;
const LONGEST_STICK_MS = 8000;
const LONGEST_DEATH_MS = 6000;
/** An original board does not look at the wire between two exchanges, and would talk on to the responder's next run. */
const SHORTEST_DEATH_MS = { ours: 1, original: 250 };

/** Injects the faults of a world, each at a time or at a step of the bus. */
export class Faults {
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #board: BoardProcess;
  readonly #responder: ResponderProcess;
  #stuck = false;
  /** A responder has died and the board has not reset it yet. */
  #shaken = false;
  count = 0;

  constructor(stage: Stage, random: Random, board: BoardProcess, responder: ResponderProcess) {
    this.#stage = stage;
    this.#random = random;
    this.#board = board;
    this.#responder = responder;
    stage.bus.observe((event) => {
      if (event.type === 'edge' && event.wire === 'reset' && event.level === 0) this.#shaken = false;
    });
    this.#next();
  }

  #next(): void {
    const { clock, options, healed } = this.#stage;
    clock.after(this.#random.int(1, 2 * options.faultPauseMs), () => {
      if (healed()) return;
      const fault = this.#random.pick(options.faults);
      if (this.#random.chance(0.25)) this.#inject(fault);
      else this.#atStep(this.#random.int(1, STEPS), () => this.#inject(fault));
      this.#next();
    });
  }

  /** At this event of the bus, counted from now on, in the middle of what the units do about it. */
  #atStep(step: number, act: () => void): void {
    let left = step;
    const unobserve = this.#stage.bus.observe(() => {
      left -= 1;
      if (left > 0) return;
      unobserve();
      if (!this.#stage.healed()) act();
    });
  }

  #inject(fault: Fault): void {
    const { bus, clock, network, options, trace } = this.#stage;
    const { timeoutMs } = options;
    if (options.board === 'original' && LINK_FAULTS.includes(fault) && !this.#responder.everUp) return;
    const random = this.#random;
    this.count += 1;
    trace.log('world', `fault: ${fault}`);
    switch (fault) {
      case 'cut':
        return random.chance(0.5) ? network.wire?.reset() : network.wire?.b.close();
      case 'stall':
        return network.stall(random.int(1, 5 * timeoutMs));
      case 'slow':
        return network.slow(random.int(1, timeoutMs));
      case 'refuse':
        return network.refuse(random.int(1, 5 * timeoutMs));
      case 'no-answer':
        return bus.failNextTransfer();
      case 'truncate':
        return bus.truncateNextTransfer(random.pick([0, 1, 1, 2, random.int(0, 200)]));
      case 'stick':
        return this.#stick();
      case 'late':
        return this.#responder.slow(random.int(1, 5000));
      case 'reboot':
        // An application is never called from inside a port.
        return void clock.after(0, () => this.#board.reboot());
      case 'responder':
        if (this.#stuck) return;
        this.#shaken = true;
        return this.#kill(this.#responder);
      case 'board':
        return this.#kill(this.#board);
    }
  }

  /**
   * One wire at a time, and not between a responder's death and the next reset: with both wires stuck nothing says who
   * has a line, and with one stuck the board may not notice that it talks to another responder.
   */
  #stick(): void {
    if (this.#stuck || this.#shaken) return;
    this.#stuck = true;
    const { bus, clock } = this.#stage;
    const wire = this.#random.pick(['syn', 'ack'] as const);
    // Stuck where it is, it hides what comes next.
    bus.stick(wire, this.#random.chance(0.5) ? bus.level(wire) : this.#random.pick([0, 1] as const));
    clock.after(this.#random.pick([1, 50, 900, this.#random.int(1, LONGEST_STICK_MS)]), () => {
      bus.release(wire);
      this.#stuck = false;
    });
  }

  #kill(process: BoardProcess | ResponderProcess): void {
    process.die();
    const shortest = SHORTEST_DEATH_MS[this.#stage.options.board];
    const ms = this.#random.pick([shortest, this.#random.int(shortest, LONGEST_DEATH_MS)]);
    this.#stage.clock.after(ms, () => {
      if (!process.alive) process.start();
    });
  }
}
