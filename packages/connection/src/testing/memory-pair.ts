/** Two transports (`ports.ts`) that are connected to each other in memory, for tests. */
import type { Clock, Transport, TransportEnd, TransportHandlers } from '../ports.js';

export interface MemoryPairOptions {
  /** The clock by which bytes are delivered. Default: none, bytes are delivered in a microtask. */
  readonly clock?: Clock | undefined;
  /** How long bytes take to the other end, by the clock. Default 0. */
  readonly delayMs?: number | undefined;
  /** An end is full when this number of its bytes is on the way or unread at the other end. Default 16 KiB. */
  readonly highWaterMark?: number | undefined;
}

/** Makes two transports connected in memory. Each reports the bytes that the other writes, later and in order. None are lost. */
export function memoryPair(options: MemoryPairOptions = {}): [MemoryTransport, MemoryTransport] {
  const { clock, delayMs = 0, highWaterMark = 16 * 1024 } = options;
  const later: Later = clock
    ? (task) => void clock.at(clock.now() + delayMs, task)
    : (task) => {
        queueMicrotask(task);
      };
  const ends = [
    new MemoryTransport('memory:b', later, highWaterMark),
    new MemoryTransport('memory:a', later, highWaterMark),
  ] as const;
  ends[0].join(ends[1]);
  ends[1].join(ends[0]);
  return [...ends];
}

type Later = (task: () => void) => void;

export class MemoryTransport implements Transport {
  readonly remoteAddress: string;
  readonly #later: Later;
  readonly #highWaterMark: number;
  #peer: MemoryTransport | undefined;
  #handlers: TransportHandlers | undefined;
  /** Received bytes, and the end, that have not been reported yet. */
  readonly #inbox: (Uint8Array | TransportEnd)[] = [];
  #reporting = false;
  #over = false;
  /** Number of bytes written here that the other end has not reported to its owner yet. */
  #untaken = 0;
  #owesDrain = false;

  constructor(remoteAddress: string, later: Later, highWaterMark: number) {
    this.remoteAddress = remoteAddress;
    this.#later = later;
    this.#highWaterMark = highWaterMark;
  }

  /** For `memoryPair` only. */
  join(peer: MemoryTransport): void {
    this.#peer = peer;
  }

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    this.#later(() => {
      this.#reporting = true;
      this.#report();
    });
  }

  write(bytes: Uint8Array): boolean {
    if (this.#over) return false;
    this.#untaken += bytes.length;
    this.#send(bytes);
    this.#owesDrain ||= this.#untaken >= this.#highWaterMark;
    return this.#untaken < this.#highWaterMark;
  }

  close(): Promise<void> {
    this.#leave('fin');
    return Promise.resolve();
  }

  /** The other end reports a reset, after the bytes that are on the way. */
  destroy(): void {
    this.#leave('reset');
  }

  #leave(how: TransportEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#handlers = undefined;
    this.#inbox.length = 0;
    this.#send(how);
  }

  #send(item: Uint8Array | TransportEnd): void {
    this.#later(() => this.#peer?.arrive(item));
  }

  /** Called by the other end only: bytes, or the end, have arrived. */
  arrive(item: Uint8Array | TransportEnd): void {
    if (this.#over) return;
    this.#inbox.push(item);
    if (this.#reporting) this.#report();
  }

  /** Called by the other end only: it has read this number of the bytes written here. */
  taken(bytes: number): void {
    this.#untaken -= bytes;
    if (this.#untaken > 0 || !this.#owesDrain) return;
    this.#owesDrain = false;
    this.#later(() => this.#handlers?.drain());
  }

  #report(): void {
    while (!this.#over) {
      const item = this.#inbox.shift();
      if (item === undefined) return;
      if (typeof item !== 'string') {
        this.#peer?.taken(item.length);
        this.#handlers?.data(item);
        continue;
      }
      const handlers = this.#handlers;
      this.#over = true;
      this.#handlers = undefined;
      handlers?.ended(item);
    }
  }
}
