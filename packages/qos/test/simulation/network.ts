import { encodeUtf8, HelloReader } from '@iot/framing';
import {
  Wire,
  type Chunking,
  type Direction,
  type Random,
  type Trace,
  type VirtualClock,
} from '@iot/simulation';
import type { End } from './end.js';
import type { SessionCounts } from './peer.js';

export interface NetworkOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly trace: Trace;
  readonly latencyMs: { readonly min: number; readonly max: number };
  readonly chunking: Chunking;
  readonly sendBufferBytes: number;
  /** The rate from the client to the server, until the world is healed. */
  readonly uplinkBytesPerSecond: number;
  /** Until the world is healed. */
  readonly lateness?: Lateness | undefined;
  /** Told of each hello that a server has read. */
  readonly onHello: (hello: Hello) => void;
  /** The longest that the client stays away after a link has ended. */
  readonly awayMs: { readonly min: number; readonly max: number };
}

/** A direction of a link pauses once, somewhere in what its end says first. */
export interface Lateness {
  /** Of directions that do. */
  readonly share: number;
  /** How many bytes have come before that, at most. */
  readonly bytes: number;
  readonly ms: { readonly min: number; readonly max: number };
}

/** What a server has read before there was a session; what the client had done by then, if it is a session. */
export interface Hello {
  /** Counted over all links. */
  readonly link: number;
  readonly offers: boolean;
  readonly client: SessionCounts | undefined;
}

/** Connects a client with a server, and connects it again whenever the link has ended. */
export class Network {
  readonly #options: NetworkOptions;
  readonly #client: () => End;
  readonly #server: () => End;
  #wire: Wire | undefined;
  #healed = false;
  #dialling = false;
  #count = 0;
  #adoptedAt = 0;

  constructor(options: NetworkOptions, client: () => End, server: () => End) {
    this.#options = options;
    this.#client = client;
    this.#server = server;
  }

  /** When the server took the newest link. */
  get adoptedAt(): number {
    return this.#adoptedAt;
  }

  get wire(): Wire | undefined {
    return this.#wire;
  }

  /** The client, if it has no link, dials after a while. */
  dial(): void {
    if (this.#dialling) return;
    this.#dialling = true;
    const { clock, random, awayMs } = this.#options;
    clock.after(random.int(awayMs.min, awayMs.max), () => {
      this.#dialling = false;
      const client = this.#client();
      if (!client.alive || client.driver.end !== undefined) return;
      if (this.#server().alive) this.#connect(client);
      else this.dial();
    });
  }

  stall(direction: Direction | 'both', ms: number): void {
    const wire = this.#wire;
    wire?.stall(direction);
    this.#options.clock.after(ms, () => wire?.resume(direction));
  }

  heal(): void {
    this.#healed = true;
    this.#wire?.heal();
  }

  #connect(client: End): void {
    const { clock, random, trace, latencyMs, chunking, sendBufferBytes } = this.#options;
    const wire = new Wire({
      clock,
      random,
      trace,
      name: `wire${++this.#count}`,
      sendBufferBytes,
      ...(this.#healed ? {} : { latencyMs, chunking }),
    });
    this.#wire = wire;
    if (!this.#healed) {
      wire.configure('a2b', { bytesPerSecond: this.#options.uplinkBytesPerSecond });
      this.#beLate(wire);
    }
    this.#welcome(wire);
    client.driver.attach(wire.a);
  }

  #beLate(wire: Wire): void {
    const { random, lateness } = this.#options;
    if (lateness === undefined) return;
    for (const direction of ['a2b', 'b2a'] as const) {
      if (!random.chance(lateness.share)) continue;
      const bytes = random.int(0, random.pick([10, lateness.bytes]));
      wire.pause(direction, bytes, random.int(lateness.ms.min, lateness.ms.max));
    }
  }

  /** What a server does before there is a session: read the hello, and drop the link that this one replaces. */
  #welcome(wire: Wire): void {
    const link = this.#count;
    const hello = new HelloReader(256);
    const server = this.#server().driver;
    wire.b.onClosed = () => undefined;
    wire.b.onData = (chunk) => {
      const read = readHello(hello, chunk);
      if (read === undefined) return;
      if (read === 'refused') return wire.b.close();
      wire.b.onData = undefined;
      wire.b.onClosed = undefined;
      const offers = read.rest[0] === OFFER[0];
      this.#options.onHello({ link, offers, client: this.#client().peer.stats?.() });
      // It died in the meantime: its kernel answers for it.
      if (!server.alive) return wire.b.abort();
      if (this.#server().peer.original && server.end !== undefined) return wire.b.close();
      server.detach()?.abort();
      this.#adoptedAt = this.#options.clock.now;
      const { peer } = this.#server();
      if (peer.afterHello === undefined) return server.attach(wire.b, read.rest.slice());
      peer.afterHello(read.rest);
      server.attach(wire.b);
    };
  }
}

/** What an offer begins with, and nothing else that comes after a hello. */
const OFFER = encodeUtf8('-');

/** A hello that vanished leaves a keepalive in its place, which a server refuses. */
function readHello(hello: HelloReader, chunk: Uint8Array) {
  try {
    return hello.push(chunk);
  } catch {
    return 'refused';
  }
}
