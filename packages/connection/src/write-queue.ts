/**
 * The pending writes of a connection: from the call of `write` until the ack, the abort or the close. A write `until: 'stored'`
 * is pending until its line is stored, and not until the ack.
 *
 * How it works: the engine takes at most `maxUnsentLines` unsent lines of each lane. A lane is a kind of lines: ordered lines,
 * lines with `wait: false`, and lines with `qos: false`. Writes beyond this limit wait here, with one queue for each lane, so
 * that a line that may overtake others also overtakes them while it waits here. With the option `offline`, `UnsentLines`
 * applies the limits of `offline` instead, and all waiting writes are in one queue, in call order.
 *
 * Writes are numbered in call order. A call of `drain` waits until the oldest pending write has reached the number that the
 * next write would have had at the time of the call. All drains with the same number share one entry in `#drains`. The cost of
 * a drain therefore does not depend on the number of pending writes.
 */
import { checkLine, type ClosedError } from '@iot/framing';
import type { WriteFlags, WrittenLine } from '@iot/qos';
import { laneOf, OrderedQueue, type Lane } from '@iot/qos/internal';
import { onAbort } from './abort.js';
import type { Engine } from './engine.js';
import type { OfflineSettings } from './offline-options.js';
import {
  checkWriteOptions,
  NO_OPTIONS,
  PendingWrite,
  WRITE_OPTIONS,
  type WriteOptions,
} from './pending-write.js';
import { UnsentLines, type UnsentLine } from './unsent-lines.js';
import { abortable, quiet, rejected, Waiters } from './waiters.js';

/** The write flags of each lane. */
const FLAGS: Readonly<Record<Lane, WriteFlags>> = {
  unsafe: { qos: false },
  free: { wait: false },
  newest: { wait: false, newestFirst: true },
  ordered: {},
};

interface WriteQueueOptions {
  readonly maxUnsentLines: number;
  readonly offline?: OfflineSettings | undefined;
  /** Called with each line that is written, and with the promise of its write. */
  readonly observeLine?: ((direction: 'sent', text: string, written: Promise<void>) => void) | undefined;
  /** Called on each ack, with the time since the write in ms. */
  readonly observeAck?: (ms: number) => void;
}

export class WriteQueue {
  readonly #engine: Engine;
  readonly #options: WriteQueueOptions;
  readonly #offline: OfflineSettings | undefined;
  /** Defined with the option `offline`; otherwise created for the first line with `expiresInMs`. */
  #unsent: UnsentLines | undefined;
  /** All pending writes, by number. */
  readonly #pending = new OrderedQueue<PendingWrite>();
  /** The pending writes whose line the engine has, by ticket. */
  readonly #admitted = new OrderedQueue<PendingWrite>();
  /** Those of `#admitted` with `until: 'stored'`, by ticket. Created for the first of them. */
  #storing: OrderedQueue<PendingWrite> | undefined;
  /** Writes that wait for space in the engine, by number. The queue of a lane is created when a write of it has to wait. */
  readonly #waiting: Partial<Record<Lane, OrderedQueue<PendingWrite>>> = {};
  /** Callers of `drain`, by the number of the first write that they do not wait for, in ascending order. */
  #drains: Map<number, Waiters<undefined>> | undefined;
  /** The number of the next write. */
  #next = 0;
  /** How many lines the engine has taken. */
  #admissions = 0;

  constructor(engine: Engine, options: WriteQueueOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#offline = options.offline;
    if (this.#offline === undefined) return;
    this.#unsent = this.#startUnsent();
    // The engine calls `refill` as soon as the lines of an earlier process are known.
    engine.roomWanted = true;
  }

  write(line: string, options?: WriteOptions): Promise<void> {
    if (options === undefined) return this.#write(line, 'ordered', NO_OPTIONS, undefined);
    return abortable(
      options,
      (signal) => {
        checkWriteOptions(options, this.#engine.stores);
        return this.#write(line, this.#laneOf(options), options, signal);
      },
      WRITE_OPTIONS,
    );
  }

  /** Number of pending writes. */
  get size(): number {
    return this.#pending.size;
  }

  /** Number of lines that the limits of `offline` have dropped. */
  get dropped(): number {
    return this.#unsent?.dropped ?? 0;
  }

  /** Number of lines that have expired. */
  get expired(): number {
    return this.#unsent?.expired ?? 0;
  }

  /** Called when the engine has settled the line of this ticket: it was acked or, with `qos: false`, sent. */
  settled(ticket: number): void {
    const write = this.#admitted.get(ticket);
    if (write === undefined) return;
    if (write.unsent !== undefined) this.#unsent?.delete(write.unsent);
    if (write.at !== undefined) this.#options.observeAck?.(this.#engine.clock.now() - write.at);
    this.#settle(write);
  }

  /** Called when all lines with qos up to this ticket are stored. */
  stored(ticket: number): void {
    this.#unsent?.stored(ticket);
    const storing = this.#storing;
    for (let write = storing?.first; write?.ticket !== undefined && write.ticket <= ticket;) {
      storing!.delete(write.ticket);
      this.#settle(write);
      write = storing!.first;
    }
  }

  /** Called when a line that was in the store only has been read back into memory. */
  returned(line: WrittenLine): void {
    this.#unsent?.returned(line);
    // A write may be waiting until this line, the oldest one, can be dropped.
    this.#engine.roomWanted = true;
  }

  /** Passes waiting writes to the engine while it has space. True when it took any. */
  refill(): boolean {
    if (!this.#engine.roomWanted) return false;
    this.#unsent?.load();
    const { unsafe, free, ordered } = this.#waiting;
    const before = this.#admissions;
    this.#engine.roomWanted = false;
    for (const waiting of [unsafe, free, ordered]) {
      if (this.#refill(waiting)) this.#engine.roomWanted = true;
    }
    return this.#admissions > before;
  }

  /** Resolves once every write made so far has resolved or rejected. Aborting leaves no listener or timer. */
  drained(signal?: AbortSignal): Promise<void> {
    return this.#pending.size === 0 ? Promise.resolve() : quiet(this.#drained(this.#next, signal));
  }

  /** Number of entries in `#drains`, for tests. */
  get drains(): number {
    return this.#drains?.size ?? 0;
  }

  close(error: ClosedError): void {
    this.#unsent?.close();
    for (const write of [...this.#pending]) this.#settle(write, { reason: error });
  }

  #write(line: string, lane: Lane, options: WriteOptions, signal: AbortSignal | undefined): Promise<void> {
    let text: string;
    try {
      text = checkLine(line, this.#engine.maxLineBytes);
    } catch (error) {
      return rejected(error);
    }
    if (text === '') return Promise.resolve();
    const write = new PendingWrite(this.#next++, text, lane, options.until === 'stored');
    this.#options.observeLine?.('sent', text, write.promise);
    if (this.#options.observeAck !== undefined && lane !== 'unsafe') write.at = this.#engine.clock.now();
    if (signal !== undefined) write.stopListening = onAbort(signal, () => this.#aborted(write, signal));
    this.#pending.push(write.number, write);
    if (this.#offline !== undefined || options.expiresInMs !== undefined) {
      this.#unsent ??= this.#startUnsent();
      write.unsent = this.#unsent.written(write.number, text, lane, options);
    }
    const row = this.#rowOf(lane);
    const waiting = this.#waiting[row]?.size ?? 0;
    if (waiting === 0 ? !this.#admit(write) : !this.#refuses(write, waiting)) {
      (this.#waiting[row] ??= new OrderedQueue()).push(write.number, write);
      this.#engine.roomWanted = true;
    }
    return write.promise;
  }

  /** True when too many writes already wait. The write was rejected then. */
  #refuses({ unsent }: PendingWrite, waiting: number): boolean {
    return unsent !== undefined && this.#unsent?.refuses(unsent, waiting) === true;
  }

  /** True when some writes still wait. */
  #refill(waiting: OrderedQueue<PendingWrite> | undefined): boolean {
    if (waiting === undefined) return false;
    for (let write = waiting.first; write !== undefined && this.#admit(write); write = waiting.first) {
      waiting.delete(write.number);
    }
    return waiting.size > 0;
  }

  #laneOf({ qos, wait }: WriteOptions): Lane {
    return laneOf({ qos, wait, newestFirst: this.#offline?.order === 'newest-first' });
  }

  /** The queue in which a write of this lane waits: with `offline` there is only one. */
  #rowOf(lane: Lane): Lane {
    return this.#offline === undefined ? lane : 'ordered';
  }

  #startUnsent(): UnsentLines {
    return new UnsentLines(this.#engine, this.#offline, (line, error) => this.#gaveUp(line, error));
  }

  /** A line was given up: rejects its write, if the write is still pending. */
  #gaveUp({ number, ticket }: UnsentLine, reason: unknown): void {
    const write = ticket === undefined ? this.#pending.get(number ?? -1) : this.#admitted.get(ticket);
    if (write !== undefined) this.#settle(write, { reason });
  }

  #aborted(write: PendingWrite, signal: AbortSignal): void {
    if (write.unsent !== undefined) this.#unsent?.delete(write.unsent);
    if (write.ticket !== undefined) this.#engine.withdraw(write.ticket, write.unsent?.bytes);
    this.#settle(write, { reason: signal.reason });
  }

  #settle(write: PendingWrite, failure?: { readonly reason: unknown }): void {
    const { ticket, number, lane } = write;
    if (ticket === undefined) this.#waiting[this.#rowOf(lane)]?.delete(number);
    else this.#admitted.delete(ticket);
    if (write.untilStored && ticket !== undefined) this.#storing?.delete(ticket);
    this.#pending.delete(number);
    write.settle(failure);
    if (this.#drains === undefined) return;
    const oldest = this.#pending.firstNumber ?? this.#next;
    for (const [end, waiters] of this.#drains) {
      if (end > oldest) return;
      waiters.resolveAll(undefined);
    }
  }

  async #drained(next: number, signal: AbortSignal | undefined): Promise<void> {
    const drains = (this.#drains ??= new Map<number, Waiters<undefined>>());
    const waiters = drains.get(next) ?? new Waiters<undefined>();
    drains.set(next, waiters);
    try {
      await waiters.wait(signal);
    } finally {
      // A later drain may have replaced this entry by one of its own.
      if (waiters.size === 0 && drains.get(next) === waiters) drains.delete(next);
    }
  }

  /** False when the write has to wait. Otherwise the engine has taken its line, or the write was rejected. */
  #admit(write: PendingWrite): boolean {
    const flags = FLAGS[write.lane];
    if (this.#offline === undefined && this.#engine.unsent(flags) >= this.#options.maxUnsentLines)
      return false;
    const { unsent } = write;
    if (unsent !== undefined) {
      const answer = this.#unsent!.admit(unsent);
      if (answer !== 'take') return answer !== 'wait';
    }
    this.#admissions += 1;
    write.ticket = this.#engine.write(write.text, flags);
    write.text = '';
    if (unsent !== undefined) this.#unsent!.taken(unsent, write.ticket);
    this.#admitted.push(write.ticket, write);
    if (write.untilStored) (this.#storing ??= new OrderedQueue()).push(write.ticket, write);
    return true;
  }
}
