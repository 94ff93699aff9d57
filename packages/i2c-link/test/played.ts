/** The units around a board or a bridge, played by the test: the other end of the channel, and a server. */
import type { ConnectOptions } from '@iot/client';
import { Connection, Pump, type Clock, type Transport } from '@iot/connection';
import { memoryPair } from '@iot/connection/testing';
import { Session } from '@iot/qos';
import { openChannel } from '../src/channel/open.js';
import type { ChannelTransport } from '../src/channel/transport.js';
import type { MemoryBus } from '../src/testing/index.js';

/** What one synchronised unit hears and says, played by hand. */
export class Played {
  readonly channel: ChannelTransport;
  /** All that came, as text. */
  heard = '';
  ended = false;
  readonly #decoder = new TextDecoder();

  constructor(channel: ChannelTransport) {
    this.channel = channel;
    channel.start({
      data: (chunk) => {
        this.heard += this.#decoder.decode(chunk, { stream: true });
      },
      drain: () => undefined,
      ended: () => {
        this.ended = true;
      },
    });
  }

  get lines(): string[] {
    return this.heard.split('\n').slice(0, -1);
  }

  says(...lines: string[]): void {
    for (const line of lines) this.channel.write(new TextEncoder().encode(`${line}\n`));
  }
}

/** A responder that synchronises again and again, and says only what it is told to say. */
export class PlayedResponder {
  /** Its runs, from one synchronisation to the next. */
  readonly runs: Played[] = [];
  resets = 0;

  constructor(bus: MemoryBus, clock: Clock) {
    bus.observe((event) => {
      if (event.type === 'edge' && event.wire === 'reset' && event.level === 0) this.resets += 1;
    });
    void this.#live(bus, clock);
  }

  /** Its present run. */
  get now(): Played {
    return this.runs.at(-1)!;
  }

  async #live(bus: MemoryBus, clock: Clock): Promise<never> {
    const reset = { pin: bus.responder.reset };
    for (;;) {
      const channel = await openChannel({ role: 'responder', ...bus.responder, reset, clock });
      const run = new Played(channel);
      this.runs.push(run);
      await new Promise<void>((resolve) => void bus.observe(() => run.ended && resolve()));
    }
  }
}

/** A board, synchronised again with each call, as one that resets its responder. */
export async function playedBoard(bus: MemoryBus, clock: Clock): Promise<Played> {
  const reset = { pin: bus.initiator.reset };
  return new Played(await openChannel({ role: 'initiator', ...bus.initiator, reset, clock }));
}

/** A server with one session for each id, and the clients that were connected to it. */
export class PlayedServer {
  /** With what each client was made. */
  readonly dialled: ConnectOptions[] = [];
  readonly clients: Connection[] = [];
  /** False: a client is made, and gets no link. */
  reachable = true;
  /** What the close of a client waits for. */
  leaving: Promise<void> = Promise.resolve();
  readonly #clock: Clock;
  readonly #sessions = new Map<string, { readonly pump: Pump; readonly connection: Connection }>();
  #pump: Pump | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** As `connect` of @iot/client. */
  readonly connect = (options: ConnectOptions): Connection => {
    this.dialled.push(options);
    const { id, timeout, ackWhen, maxLineBytes } = options;
    const pump = new Pump(new Session({ role: 'client', id, timeout, ackWhen, maxLineBytes }), this.#clock);
    const client = new Connection(pump, { id, maxUnsentLines: 1024, release: () => this.leaving });
    this.clients.push(client);
    this.#pump = pump;
    if (this.reachable) this.link();
    return client;
  };

  /** The connection to the client of this id. */
  session(id: string): Connection {
    return this.#session(id).connection;
  }

  /** The latest client gets its link. */
  link(): void {
    const [near, far] = memoryPair({ clock: this.#clock, delayMs: 5 });
    this.#pump!.attach(near);
    this.#session(this.clients.at(-1)!.id).pump.attach(afterHello(far));
  }

  cut(): void {
    this.#pump!.detach();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(({ connection }) => connection.close()));
  }

  #session(id: string) {
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const pump = new Pump(new Session({ role: 'server', id, timeout: 1500 }), this.#clock);
    const session = { pump, connection: new Connection(pump, { id, maxUnsentLines: 1024 }) };
    this.#sessions.set(id, session);
    return session;
  }
}

/** The server's end once its hello has been read, which here comes alone. */
function afterHello(transport: Transport): Transport {
  let hello = true;
  return {
    remoteAddress: transport.remoteAddress,
    start: (handlers) =>
      transport.start({
        data: (chunk) => {
          if (!hello) handlers.data(chunk);
          hello = false;
        },
        drain: () => handlers.drain(),
        ended: (how) => handlers.ended(how),
      }),
    write: (bytes) => transport.write(bytes),
    close: () => transport.close(),
    destroy: () => transport.destroy(),
  };
}

/** Lines as they are read. */
export function collect(connection: Connection): string[] {
  const lines: string[] = [];
  void (async () => {
    for await (const line of connection) lines.push(line);
  })();
  return lines;
}
