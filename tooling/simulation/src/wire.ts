import type { Random } from './random.js';
import type { Trace } from './trace.js';
import type { VirtualClock } from './virtual-clock.js';
import { WireEnd } from './wire-end.js';
import { Flow, type FlowConditions } from './wire-flow.js';

export type Direction = 'a2b' | 'b2a';

export interface WireOptions extends Partial<FlowConditions> {
  readonly clock: VirtualClock;
  readonly random: Random;
  /** Prefix of the names of the ends in the trace. Default `wire`. */
  readonly name?: string;
  readonly trace?: Trace;
  /** A write returns false when more than this number of bytes are on their way. Default 64 KiB. */
  readonly sendBufferBytes?: number;
  /**
   * When an end sees a reset that was sent during a stall: on `resume`, only as the answer to its next
   * `write`, or `either` of them at random. Default `either`, because real stacks show both.
   */
  readonly resetAfterStall?: 'resume' | 'write' | 'either';
}

const chanceOfReset = { resume: 1, either: 0.5, write: 0 } as const;

/**
 * One simulated TCP connection between the ends `a` and `b`, with all faults of TCP that a process can see.
 *
 * It keeps TCP's guarantees: bytes arrive once, in order and unchanged, or the connection dies. Only `vanish`
 * breaks them, to simulate a faulty peer. All behaviour is determined by the clock and the random generator.
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

  /** Changes latency, chunking or rate of later writes. */
  configure(direction: Direction | 'both', change: Partial<FlowConditions>): void {
    for (const flow of this.#chosen(direction)) flow.configure(change);
  }

  /** From now on no data, FIN or reset arrives in this direction. */
  stall(direction: Direction | 'both'): void {
    this.#trace?.log(this.name, `stalls ${direction}`);
    for (const flow of this.#chosen(direction)) flow.stall();
  }

  /** Ends a stall. The waiting data arrives, as by TCP's retransmissions. */
  resume(direction: Direction | 'both'): void {
    this.#trace?.log(this.name, `resumes ${direction}`);
    for (const flow of this.#chosen(direction)) flow.resume();
  }

  /**
   * A device in the middle of the network resets the connection. Both ends see a reset (after a stall, if
   * there is one).
   */
  reset(): void {
    this.#trace?.log(this.name, 'is reset');
    for (const flow of this.#chosen('both')) flow.sever();
  }

  /**
   * Drops the next write in this direction for which `matches` returns true (default: any write), while the
   * connection stays up. TCP never does this. It looks like a peer that dies after reading bytes and before
   * processing them.
   */
  vanish(direction: Direction, matches: (bytes: Uint8Array) => boolean = () => true): void {
    this.#flows[direction].vanishNext(matches);
  }

  /** Delays by `ms` the bytes after this position, counted from the beginning of the direction. */
  pause(direction: Direction, afterBytes: number, ms: number): void {
    this.#flows[direction].pause(afterBytes, ms);
  }

  /** Ends stalls, pending drops, latency, chunking and the limit of the rate. A `pause` at a position that has not been reached stays. */
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
