import { openChannel } from '../src/channel/open.js';
import type { ChannelTransport } from '../src/channel/transport.js';
import { MemoryBus, type BusEvent } from '../src/testing/index.js';
import { joined, shown } from './text.js';
import { VirtualTime } from './virtual-time.js';

/** Two boards on one bus, in one virtual time. */
export class World {
  readonly time = new VirtualTime();
  readonly bus: MemoryBus;

  constructor({ khz = 400 } = {}) {
    this.bus = new MemoryBus({ clock: this.time, khz });
  }

  initiator({
    reset = false,
    signal,
  }: { reset?: boolean; signal?: AbortSignal } = {}): Promise<ChannelTransport> {
    const { slave, syn, ack, reset: pin } = this.bus.initiator;
    return openChannel({
      role: 'initiator',
      slave,
      syn,
      ack,
      reset: reset ? { pin } : undefined,
      clock: this.time,
      signal,
    });
  }

  responder({
    reset = false,
    signal,
  }: { reset?: boolean; signal?: AbortSignal } = {}): Promise<ChannelTransport> {
    const { master, syn, ack, reset: pin } = this.bus.responder;
    return openChannel({
      role: 'responder',
      master,
      syn,
      ack,
      reset: reset ? { pin } : undefined,
      clock: this.time,
      signal,
    });
  }

  /** Both ends of a channel, synchronised. */
  pair(): Promise<[ChannelTransport, ChannelTransport]> {
    return this.time.settled(Promise.all([this.initiator(), this.responder()]));
  }

  /** What happens on the bus from now on, a line an event. */
  trace(): string[] {
    const lines: string[] = [];
    this.bus.observe((event) => {
      const line = told(event);
      if (line !== undefined) lines.push(line);
    });
    return lines;
  }
}

function told(event: BusEvent): string | undefined {
  switch (event.type) {
    case 'edge':
      return `${event.wire} ${event.level === 1 ? 'high' : 'low'}`;
    case 'transfer':
      return `${event.kind} ${shown(event.bytes)}`;
    case 'fault':
      return `${event.kind} fails`;
    case 'began':
      return undefined;
  }
}

/** The owner of a channel who keeps what it is told. */
export class Owner {
  readonly pieces: Uint8Array[] = [];
  readonly ends: string[] = [];
  taken = 0;
  drains = 0;
  /** Called for every payload. */
  onData: (bytes: Uint8Array) => void = () => undefined;

  constructor(channel: ChannelTransport) {
    channel.start({
      data: (bytes) => {
        this.pieces.push(Uint8Array.from(bytes));
        this.onData(bytes);
      },
      taken: (bytes) => {
        this.taken += bytes;
      },
      drain: () => {
        this.drains += 1;
      },
      ended: (how) => {
        this.ends.push(how);
      },
    });
  }

  /** All that came. */
  get bytes(): Uint8Array {
    return joined(this.pieces);
  }

  /** What came, payload by payload. */
  get texts(): string[] {
    return this.pieces.map((piece) => new TextDecoder().decode(piece));
  }
}
