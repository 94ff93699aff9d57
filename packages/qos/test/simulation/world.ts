import {
  Ledger,
  Random,
  Trace,
  VirtualClock,
  type Chunking,
  type Death,
  type Direction,
} from '@iot/simulation';
import { End, type Habits } from './end.js';
import { Network, type Hello, type Lateness } from './network.js';
import type { Peer, SessionCounts } from './peer.js';

export type MakePeer = (random: Random, clock: VirtualClock) => Peer;

/** What may go wrong in a world, and how its ends behave; drawn from a seed, or set by a test. */
export interface WorldOptions {
  readonly timeoutMs: number;
  readonly habits: Habits;
  /** How the server's application differs. */
  readonly serverHabits?: Partial<Habits>;
  readonly makeClient: MakePeer;
  readonly makeServer: MakePeer;
  /** Processes that take turns as the client. Default 1. */
  readonly clients?: number;
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
  /** How late the first bytes of a link may be. Default: not at all. */
  readonly lateness?: Lateness;
  /** What a wire takes before it is full. Default: drawn from its seed. */
  readonly sendBufferBytes?: number;
  readonly chunkings: readonly Chunking[];
  /** Losses that only a reboot with the same bytes explains (PROTOCOL.md, What cannot be had), at most, for each death. */
  readonly ambiguousPerDeath?: number;
}

/**
 * `kill-quiet` waits until the sender has been quiet for so long that all its acks are proven: then even a run that
 * sends the same bytes again loses nothing. `swap`: another process takes its turn as the client. `restore` kills an end,
 * which starts again as it was at its last `backup`.
 */
export type Fault =
  | 'reset'
  | 'stall'
  | 'vanish'
  | 'busy'
  | 'kill'
  | 'kill-client'
  | 'kill-server'
  | 'kill-quiet'
  | 'cut'
  | 'swap'
  | 'backup'
  | 'restore';

const DEATHS: readonly Death[] = ['fin', 'reset', 'silent'];

/** The ledgers of a world that has kept its promise. */
export interface Outcome {
  readonly up: Ledger;
  readonly down: Ledger;
  readonly faults: number;
  /** What the last run of each end did until the world was healed, if it is a session. */
  readonly client: SessionCounts | undefined;
  readonly server: SessionCounts | undefined;
  /** Of each link that a server took. */
  readonly hellos: readonly Hello[];
}

/** One world: faults first, then healing, then the promise is checked. Throws, with the trace, when it was broken. */
export class World {
  readonly #options: WorldOptions;
  readonly #clock = new VirtualClock();
  readonly #trace: Trace;
  readonly #random: Random;
  readonly #up: Ledger;
  readonly #down: Ledger;
  readonly #clients: readonly End[];
  #client: End;
  readonly #server: End;
  readonly #network: Network;
  readonly #hellos: Hello[] = [];
  #faults = 0;
  #deaths = 0;
  #vanishAgainAt = 0;
  #swappedAt = 0;

  constructor(seed: number, options: WorldOptions) {
    this.#options = options;
    const random = new Random(seed);
    const trace = new Trace(() => this.#clock.now);
    this.#random = random.fork();
    this.#trace = trace;
    const { clients = 1, habits } = options;
    const serverHabits = { ...habits, ...options.serverHabits };
    const payloads = ({ identicalPayloads }: Habits) => (identicalPayloads ? 'identical' : 'unique');
    this.#up = new Ledger({ payloads: payloads(habits), trace });
    this.#down = new Ledger({ payloads: payloads(serverHabits), receivers: clients, trace });
    const shared = { clock: this.#clock, trace };
    const nextRun = counter();
    this.#clients = Array.from({ length: clients }, () => {
      const fork = random.fork();
      return new End({
        ...shared,
        name: 'c',
        habits,
        random: fork,
        outgoing: this.#up,
        incoming: this.#down,
        makePeer: () => options.makeClient(fork, this.#clock),
        onLinkEnd: () => {
          this.#network.dial();
        },
        nextRun,
      });
    });
    this.#client = this.#clients[0]!;
    const serverRandom = random.fork();
    this.#server = new End({
      ...shared,
      name: 's',
      habits: serverHabits,
      random: serverRandom,
      outgoing: this.#down,
      incoming: this.#up,
      makePeer: () => options.makeServer(serverRandom, this.#clock),
      onLinkEnd: () => undefined,
      nextRun: counter(),
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
        lateness: options.lateness,
        uplinkBytesPerSecond: options.uplinkBytesPerSecond ?? Infinity,
        onHello: (hello) => {
          this.#hellos.push(hello);
          // A process that speaks version 1 takes over from one that spoke version 2 (PROTOCOL-2.md section 6).
          if (clients > 1 && !hello.offers && this.#server.peer.protocol === 2) this.#down.mayComeAgain();
        },
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
      const [client, server] = [this.#client, this.#server].map(({ peer }) => peer.stats?.());
      this.#heal();
      const maxAmbiguous = (this.#options.ambiguousPerDeath ?? 0) * this.#deaths;
      this.#up.check({ maxAmbiguous });
      this.#down.check({ maxAmbiguous });
      return {
        up: this.#up,
        down: this.#down,
        faults: this.#faults,
        client,
        server,
        hellos: this.#hellos,
      };
    } catch (error) {
      throw Object.assign(error as Error, { trace: this.#trace });
    }
  }

  /** Ends all faults, and waits until every write has settled and every line has been read. */
  #heal(): void {
    this.#trace.log('world', 'heals');
    for (const end of this.#ends) {
      if (!end.alive) end.start();
      end.stopWriting();
    }
    this.#network.heal();
    this.#network.dial();
    const { timeoutMs, awayMs } = this.#options;
    const turn = 10 * timeoutMs + awayMs.max;
    const deadline = this.#clock.now + 400 * timeoutMs + 10 * awayMs.max;
    const step = timeoutMs / 10;
    // Long enough after the last change for a wrong repeat to arrive.
    do {
      this.#clock.runUntil(this.#clock.now + step);
      if (this.#clock.now >= this.#swappedAt + turn) this.#swap();
      for (const end of this.#ends) end.readAll();
    } while (this.#clock.now < deadline && !this.#settledFor(4 * timeoutMs));
    for (const end of this.#ends) end.checkDeadlines();
  }

  get #ends(): readonly End[] {
    return [...this.#clients, this.#server];
  }

  #settledFor(ms: number): boolean {
    const quiet = this.#ends.every((end) => end.unsettled === 0 && this.#clock.now - end.lastChange >= ms);
    return quiet && this.#client.peer.up && this.#server.peer.up;
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
      case 'restore':
        return this.#kill(end, random.pick(DEATHS), fault === 'restore');
      case 'kill-client':
        return this.#kill(this.#client, random.pick(DEATHS));
      case 'kill-server':
        return this.#kill(this.#server, random.pick(DEATHS));
      case 'backup':
        return end.backUp();
      case 'swap':
        return this.#swap();
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

  /** The process that was the client leaves, and another one comes; the server may not have noticed. */
  #swap(): void {
    const others = this.#clients.filter((end) => end !== this.#client);
    if (others.length === 0) return;
    const link = this.#client.driver.detach();
    this.#random.pick([() => link?.close(), () => link?.abort(), () => link?.powerCut()])();
    this.#down.handedOver();
    this.#client = this.#random.pick(others);
    this.#swappedAt = this.#clock.now;
    this.#trace.log('world', 'swaps');
    this.#network.dial();
  }

  #kill(end: End, death: Death, fromBackup = false): void {
    if (!end.alive) return;
    this.#deaths += 1;
    end.die(death);
    this.#clock.after(this.#random.int(1, 6 * this.#options.timeoutMs), () => {
      if (end.alive) return;
      end.start({ fromBackup });
      if (end === this.#client) this.#network.dial();
    });
  }
}

function counter(): () => number {
  let count = 0;
  return () => ++count;
}
