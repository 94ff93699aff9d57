import {
  Ledger,
  Random,
  Trace,
  VirtualClock,
  type Chunking,
  type Death,
  type Direction,
} from '@iot/simulation';
import type { SessionStats } from '../../src/index.js';
import { End, type Habits } from './end.js';
import { Network } from './network.js';
import type { Peer } from './peer.js';

export type MakePeer = (random: Random, clock: VirtualClock) => Peer;

/** What may go wrong in a world, and how its ends behave; drawn from the seed, or set by a test. */
export interface WorldOptions {
  readonly timeoutMs: number;
  readonly habits: Habits;
  /** How the server's application differs. */
  readonly serverHabits?: Partial<Habits>;
  readonly makeClient: MakePeer;
  readonly makeServer: MakePeer;
  readonly faults: readonly Fault[];
  /** Length of the first phase, in which faults happen. */
  readonly faultyMs: number;
  /** Mean pause between faults. */
  readonly faultPauseMs: number;
  readonly awayMs: { readonly min: number; readonly max: number };
  /** Of each write, one way. */
  readonly latencyMs: { readonly min: number; readonly max: number };
  /** The rate from the client to the server while faults happen. Default: no limit. */
  readonly uplinkBytesPerSecond?: number;
  /** What a wire takes before it is full. Default: drawn from the seed. */
  readonly sendBufferBytes?: number;
  readonly chunkings: readonly Chunking[];
  /** Losses that only a reboot with the same bytes explains (PROTOCOL.md, What cannot be had), at most, for each death. */
  readonly ambiguousPerDeath?: number;
}

/**
 * `kill-quiet` waits until the sender has been quiet for so long that all its acks are proven: then even a life that
 * sends the same bytes again loses nothing.
 */
export type Fault = 'reset' | 'stall' | 'vanish' | 'busy' | 'kill' | 'kill-quiet' | 'cut';

/** The ledgers of a world that has kept its promise. */
export interface Outcome {
  readonly up: Ledger;
  readonly down: Ledger;
  readonly faults: number;
  /** What the client's last life did until the world was healed, if it is a session. */
  readonly client: SessionStats | undefined;
}

/** One world: faults first, then healing, then the promise is checked. Throws, with the trace, when it was broken. */
export class World {
  readonly #options: WorldOptions;
  readonly #clock = new VirtualClock();
  readonly #trace: Trace;
  readonly #random: Random;
  readonly #up: Ledger;
  readonly #down: Ledger;
  readonly #client: End;
  readonly #server: End;
  readonly #network: Network;
  #faults = 0;
  #deaths = 0;
  #vanishAgainAt = 0;

  constructor(seed: number, options: WorldOptions) {
    this.#options = options;
    const random = new Random(seed);
    const trace = new Trace(() => this.#clock.now);
    this.#random = random.fork();
    this.#trace = trace;
    const payloads = options.habits.identicalPayloads ? 'identical' : 'unique';
    this.#up = new Ledger({ payloads, trace });
    this.#down = new Ledger({ payloads, trace });
    const shared = { clock: this.#clock, trace };
    const [clientRandom, serverRandom] = [random.fork(), random.fork()];
    this.#client = new End({
      ...shared,
      name: 'c',
      habits: options.habits,
      random: clientRandom,
      outgoing: this.#up,
      incoming: this.#down,
      makePeer: () => options.makeClient(clientRandom, this.#clock),
      onLinkEnd: () => {
        this.#network.dial();
      },
    });
    this.#server = new End({
      ...shared,
      name: 's',
      habits: { ...options.habits, ...options.serverHabits },
      random: serverRandom,
      outgoing: this.#down,
      incoming: this.#up,
      makePeer: () => options.makeServer(serverRandom, this.#clock),
      onLinkEnd: () => undefined,
    });
    const chunking = random.pick(options.chunkings);
    const network = { latencyMs: options.latencyMs, chunking, awayMs: options.awayMs };
    this.#network = new Network(
      {
        ...network,
        clock: this.#clock,
        random: random.fork(),
        trace,
        sendBufferBytes: options.sendBufferBytes ?? random.pick([200, 2000, 65536]),
        uplinkBytesPerSecond: options.uplinkBytesPerSecond ?? Infinity,
      },
      () => this.#client,
      () => this.#server,
    );
  }

  run(): Outcome {
    try {
      this.#network.dial();
      this.#nextFault();
      this.#clock.runUntil(this.#options.faultyMs);
      const client = this.#client.peer.stats?.();
      this.#heal();
      const maxAmbiguous = (this.#options.ambiguousPerDeath ?? 0) * this.#deaths;
      this.#up.check({ maxAmbiguous });
      this.#down.check({ maxAmbiguous });
      return { up: this.#up, down: this.#down, faults: this.#faults, client };
    } catch (error) {
      throw Object.assign(error as Error, { trace: this.#trace });
    }
  }

  /** Ends all faults, and waits until every write has settled and every line has been read. */
  #heal(): void {
    this.#trace.log('world', 'heals');
    for (const end of [this.#client, this.#server]) {
      if (!end.alive) end.start();
      end.stopWriting();
    }
    this.#network.heal();
    this.#network.dial();
    const { timeoutMs, awayMs } = this.#options;
    const patience = this.#clock.now + 400 * timeoutMs + 10 * awayMs.max;
    const step = timeoutMs / 10;
    // Long enough behind the last change for a repeat that should not come to come.
    do {
      this.#clock.runUntil(this.#clock.now + step);
      this.#client.readAll();
      this.#server.readAll();
    } while (this.#clock.now < patience && !this.#settledFor(4 * timeoutMs));
    this.#client.checkDeadlines();
    this.#server.checkDeadlines();
  }

  #settledFor(ms: number): boolean {
    return [this.#client, this.#server].every(
      (end) => end.unsettled === 0 && end.peer.up && this.#clock.now - end.lastChange >= ms,
    );
  }

  #nextFault(): void {
    const { faultPauseMs, faultyMs, faults } = this.#options;
    if (faults.length === 0) return;
    this.#clock.after(this.#random.int(1, 2 * faultPauseMs), () => {
      if (this.#clock.now >= faultyMs) return;
      this.#inject(this.#random.pick(faults));
      this.#nextFault();
    });
  }

  #inject(fault: Fault): void {
    this.#faults += 1;
    const random = this.#random;
    const { timeoutMs } = this.#options;
    const wire = this.#network.wire;
    const end = random.pick([this.#client, this.#server]);
    switch (fault) {
      case 'reset':
        return wire?.reset();
      case 'cut':
        return (end.driver.detach()?.close(), this.#network.dial());
      case 'stall':
        return this.#network.stall(
          random.pick(['a2b', 'b2a', 'both'] as const),
          random.int(1, 5 * timeoutMs),
        );
      case 'busy':
        return end.driver.busyUntil(this.#clock.now + random.int(1, 4 * timeoutMs));
      case 'vanish':
        return this.#vanish(random.pick(['a2b', 'b2a'] as const));
      case 'kill':
        return this.#kill(end, random.pick(['fin', 'reset', 'silent'] as const));
      case 'kill-quiet':
        if (this.#clock.now - this.#network.adoptedAt < 4 * timeoutMs) return;
        if (this.#settledFor(4 * timeoutMs)) this.#kill(end, 'fin');
    }
  }

  /** Rare, as the seeds report it of real boards: never a line's ack and its repeat both. */
  #vanish(direction: Direction): void {
    if (this.#clock.now < this.#vanishAgainAt) return;
    this.#vanishAgainAt = this.#clock.now + 10 * this.#options.timeoutMs;
    this.#network.wire?.vanish(direction);
  }

  #kill(end: End, death: Death): void {
    if (!end.alive) return;
    this.#deaths += 1;
    end.die(death);
    this.#clock.after(this.#random.int(1, 6 * this.#options.timeoutMs), () => {
      if (end.alive) return;
      end.start();
      if (end === this.#client) this.#network.dial();
    });
  }
}
