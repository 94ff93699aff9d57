/** One client of a fleet: a socket that reconnects after a loss, as the client of this project does. */
import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../contestants/contestant.js';
import { splitter } from '../contestants/lines.js';
import type { WireLink, WireSession } from './dialects.js';
import { TIMEOUT_MS } from './serve.js';

/**
 * The client's defaults: the first attempt is made at once, later attempts after a random time below a
 * growing bound.
 */
const BACKOFF = { minMs: 100, maxMs: 5000 };
const CONNECT_TIMEOUT_MS = 5000;

/** Maximum lines in flight. More are not possible with the ids of version 1. */
const MAX_IN_FLIGHT = 50;

export interface WireClientEvents {
  up(): void;
  /** A link that was up has ended. */
  lost(): void;
  /** A line that was sent `ms` ago is acked. */
  acked(ms: number): void;
}

export interface WireClientOptions {
  readonly server: Endpoint;
  readonly session: WireSession;
  /** Local address of its connections. Default: chosen by the system. */
  readonly localAddress: string | undefined;
  readonly events: WireClientEvents;
}

export class WireClient implements WireLink {
  readonly #options: WireClientOptions;
  /** When the lines in flight were sent, in order. */
  #sentAt: number[] = [];
  #socket: Socket | undefined;
  #isUp = false;
  #heardAt = 0;
  #failures = 0;
  #closed = false;

  constructor(options: WireClientOptions) {
    this.#options = options;
  }

  /** Opens a link; later ones open by themselves. */
  open(): void {
    const { server, session, localAddress } = this.#options;
    const socket = connect({ ...server, localAddress, noDelay: true });
    this.#socket = socket;
    this.#heardAt = performance.now() + CONNECT_TIMEOUT_MS - TIMEOUT_MS;
    this.#sentAt = [];
    const split = splitter((line) => session.receive(line, this));
    socket.setEncoding('latin1').on('connect', () => {
      this.#heardAt = performance.now() + TIMEOUT_MS;
      socket.write(session.hello());
    });
    socket.on('data', (chunk: string) => {
      this.#heardAt = performance.now();
      split(chunk);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#ended());
  }

  /** Called every quarter of the timeout: sends a keepalive, and ends a silent link. */
  visit(now: number): void {
    if (now - this.#heardAt <= TIMEOUT_MS) {
      if (this.#isUp) this.#socket?.write(this.#options.session.keepalive());
      return;
    }
    // If this process was late, bytes of the server may be waiting. They are read in this turn of the event
    // loop.
    const socket = this.#socket;
    setImmediate(() => {
      if (socket === this.#socket && performance.now() - this.#heardAt > TIMEOUT_MS) socket?.destroy();
    });
  }

  /** Sends a line. Returns false if the client cannot send now. */
  send(text: string): boolean {
    if (!this.#isUp || this.#sentAt.length >= MAX_IN_FLIGHT) return false;
    this.#sentAt.push(performance.now());
    this.write(this.#options.session.message(text));
    return true;
  }

  /** Ends the link with a reset, so that its port is not in TIME_WAIT for a minute. */
  close(): void {
    this.#closed = true;
    this.#socket?.resetAndDestroy();
  }

  write(text: string): void {
    this.#socket?.write(text);
  }

  up(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    this.#failures = 0;
    this.#options.events.up();
  }

  acked(count: number): void {
    const now = performance.now();
    for (const sentAt of this.#sentAt.splice(0, count)) this.#options.events.acked(now - sentAt);
  }

  #ended(): void {
    const wasUp = this.#isUp;
    this.#isUp = false;
    this.#socket = undefined;
    // There is no link that could be silent.
    this.#heardAt = Infinity;
    if (wasUp) this.#options.events.lost();
    if (!this.#closed) setTimeout(() => this.open(), this.#pauseMs());
  }

  #pauseMs(): number {
    const failures = this.#failures++;
    if (failures === 0) return 0;
    return Math.random() * Math.min(BACKOFF.maxMs, BACKOFF.minMs * 2 ** (failures - 1));
  }
}
