import { HelloReader } from '@iot/framing';
import {
  Wire,
  type Chunking,
  type Random,
  type Trace,
  type VirtualClock,
  type WireEnd,
} from '@iot/simulation';

export interface NetworkOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly trace: Trace;
  readonly latencyMs: number;
  readonly chunking: Chunking;
  /** A client has said its hello; `rest` came after it. */
  readonly welcome: (end: WireEnd, rest: Uint8Array) => void;
}

/** The way from the bridge to the server, one TCP connection at a time, and its faults. */
export class Network {
  readonly #options: NetworkOptions;
  #wire: Wire | undefined;
  #count = 0;
  #refusing = false;
  #healed = false;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  get wire(): Wire | undefined {
    return this.#wire;
  }

  /** Connects; undefined when the server refuses. */
  connect(): WireEnd | undefined {
    const { trace, clock, random, latencyMs, chunking } = this.#options;
    if (this.#refusing) {
      trace.log('server', 'refuses');
      return undefined;
    }
    const slow = this.#healed ? {} : { latencyMs: { min: 0, max: latencyMs }, chunking };
    const wire = new Wire({ clock, random, trace, name: `wire${++this.#count}`, ...slow });
    this.#wire = wire;
    this.#welcome(wire.b);
    return wire.a;
  }

  /** For so long nothing listens at the server's port. */
  refuse(ms: number): void {
    this.#refusing = true;
    this.#options.clock.after(ms, () => {
      this.#refusing = false;
    });
  }

  stall(ms: number): void {
    const wire = this.#wire;
    const direction = this.#options.random.pick(['a2b', 'b2a', 'both'] as const);
    wire?.stall(direction);
    this.#options.clock.after(ms, () => wire?.resume(direction));
  }

  slow(ms: number): void {
    this.#wire?.configure('both', { latencyMs: { min: 0, max: ms } });
  }

  heal(): void {
    this.#healed = true;
    this.#refusing = false;
    this.#wire?.heal();
  }

  #welcome(end: WireEnd): void {
    const hello = new HelloReader(256);
    end.onData = (chunk) => {
      const read = hello.push(chunk);
      if (read === undefined) return;
      end.onData = undefined;
      this.#options.welcome(end, read.rest.slice());
    };
  }
}
