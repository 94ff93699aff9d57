import type { Clock, Transport, TransportEnd, TransportHandlers } from '../ports.js';

export interface MemoryPairOptions {
  /** Delivers by this clock. Default: in a microtask. */
  readonly clock?: Clock | undefined;
  /** How long bytes are on their way, by the clock. Default 0. */
  readonly delayMs?: number | undefined;
  /** Bytes on their way or unread from which on an end is full. Default 16 KiB. */
  readonly highWaterMark?: number | undefined;
}

/** Two transports joined in memory: what one writes the other reports, later and in order, nothing lost. */
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
  /** What came and has not been reported. */
  readonly #inbox: (Uint8Array | TransportEnd)[] = [];
  #reporting = false;
  #over = false;
  /** Bytes of ours that the other end has not taken. */
  #untaken = 0;
  #owesDrain = false;

  constructor(remoteAddress: string, later: Later, highWaterMark: number) {
    this.remoteAddress = remoteAddress;
    this.#later = later;
    this.#highWaterMark = highWaterMark;
  }

  /** `memoryPair` only. */
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

  /** The other end sees a reset, after what is on its way. */
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

  /** The other end only. */
  arrive(item: Uint8Array | TransportEnd): void {
    if (this.#over) return;
    this.#inbox.push(item);
    if (this.#reporting) this.#report();
  }

  /** The other end only: it has read this number of our bytes. */
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
