import type { Random } from './random.js';
import type { Trace } from './trace.js';
import type { VirtualClock } from './virtual-clock.js';
import { WireEnd } from './wire-end.js';
import { Flow, type FlowConditions } from './wire-flow.js';

export type Direction = 'a2b' | 'b2a';

export interface WireOptions extends Partial<FlowConditions> {
  readonly clock: VirtualClock;
  readonly random: Random;
  /** Begins the names of the ends in the trace. Default `wire`. */
  readonly name?: string;
  readonly trace?: Trace;
  /** A write that leaves more than this on the way returns false. Default 64 KiB. */
  readonly sendBufferBytes?: number;
  /**
   * When a reset that fell into a stall is seen: on `resume`, only as the answer to the next `write`, or either
   * of them by chance. Default `either`: real stacks show both.
   */
  readonly resetAfterStall?: 'resume' | 'write' | 'either';
}

const chanceOfReset = { resume: 1, either: 0.5, write: 0 } as const;

/**
 * One simulated TCP connection between the ends `a` and `b`, with the faults that TCP shows to a process.
 *
 * It keeps TCP's promises: bytes arrive once, in order and unchanged, or the connection dies. `vanish` alone
 * breaks them, to reach what only a broken peer can cause. All of it follows the clock and the random generator.
 */
export class Wire {
  readonly a: WireEnd;
  readonly b: WireEnd;
  readonly name: string;
  readonly #flows: Readonly<Record<Direction, Flow>>;
  readonly #trace: Trace | undefined;

  constructor(options: WireOptions) {
    const { clock, random, trace, name = 'wire', sendBufferBytes = 65_536 } = options;
    this.name = name;
    this.#trace = trace;
    this.a = new WireEnd(`${name}.a`, trace);
    this.b = new WireEnd(`${name}.b`, trace);
    const conditions: FlowConditions = {
      latencyMs: options.latencyMs ?? { min: 0, max: 0 },
      chunking: options.chunking ?? 'as-written',
      bytesPerSecond: options.bytesPerSecond ?? Infinity,
    };
    const common = {
      clock,
      random,
      sendBufferBytes,
      resetSurvivesStall: chanceOfReset[options.resetAfterStall ?? 'either'],
    };
    this.#flows = {
      a2b: new Flow({ ...common, source: this.a.line, target: this.b.line }, conditions),
      b2a: new Flow({ ...common, source: this.b.line, target: this.a.line }, conditions),
    };
    this.a.join(this.#flows.a2b, this.#flows.b2a);
    this.b.join(this.#flows.b2a, this.#flows.a2b);
  }

  /** Changes latency, chunking or rate for what is written from now on. */
  configure(direction: Direction | 'both', change: Partial<FlowConditions>): void {
    for (const flow of this.#chosen(direction)) flow.configure(change);
  }

  /** From now on nothing arrives in that direction, neither data nor FIN nor reset. */
  stall(direction: Direction | 'both'): void {
    this.#trace?.log(this.name, `stalls ${direction}`);
    for (const flow of this.#chosen(direction)) flow.stall();
  }

  /** What waited comes now, as TCP's repeats would bring it. */
  resume(direction: Direction | 'both'): void {
    this.#trace?.log(this.name, `resumes ${direction}`);
    for (const flow of this.#chosen(direction)) flow.resume();
  }

  /** Something in the middle breaks the connection: both ends see a reset (after a stall, if there is one). */
  reset(): void {
    this.#trace?.log(this.name, 'is reset');
    for (const flow of this.#chosen('both')) flow.sever();
  }

  /**
   * The next write in that direction for which `matches` holds (any, without it) disappears as a whole although the
   * connection stays up. TCP never does this; a peer that dies between reading and acting looks like it.
   */
  vanish(direction: Direction, matches: (bytes: Uint8Array) => boolean = () => true): void {
    this.#flows[direction].vanishNext(matches);
  }

  /** What comes after this many bytes of that direction, counted from its beginning, takes `ms` longer. */
  pause(direction: Direction, afterBytes: number, ms: number): void {
    this.#flows[direction].pause(afterBytes, ms);
  }

  /** Ends all faults: nothing stalled, nothing due to vanish, no latency, writes as written. */
  heal(): void {
    for (const flow of this.#chosen('both')) {
      flow.forgetVanishing();
      flow.configure({ latencyMs: { min: 0, max: 0 }, chunking: 'as-written', bytesPerSecond: Infinity });
    }
    this.resume('both');
  }

  #chosen(direction: Direction | 'both'): Flow[] {
    return direction === 'both' ? [this.#flows.a2b, this.#flows.b2a] : [this.#flows[direction]];
  }
}
