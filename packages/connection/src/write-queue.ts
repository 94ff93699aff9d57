/**
 * Writes of the application that have not settled: from the call of `write` until the ack, the abort or the close.
 *
 * The engine takes at most `maxUnsentLines` unsent lines of each kind (waiting, not waiting, without qos); the writes
 * beyond that wait here, in call order, each kind by itself: what may overtake may overtake them too. With the option
 * `offline` its limits say what becomes of the lines (`UnsentLines`), and those that wait do so in call order, all kinds.
 *
 * Writes are numbered in call order. The oldest that has not settled only ever moves on, and passes each number once: so
 * a drain is one entry under the number that the oldest has to reach, however many writes are pending.
 *
 * A write `until: 'stored'` has settled once its line is stored: nothing here waits for the ack of it.
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
  /** Told each line that is written, with what its write resolves to. */
  readonly observeLine?: ((direction: 'sent', text: string, written: Promise<void>) => void) | undefined;
  /** Told of each ack, with the time since the write. */
  readonly observeAck?: (ms: number) => void;
}

export class WriteQueue {
  readonly #engine: Engine;
  readonly #options: WriteQueueOptions;
  readonly #offline: OfflineSettings | undefined;
  /** With `offline`, and from the first line that expires. */
  #unsent: UnsentLines | undefined;
  /** By number. */
  readonly #pending = new OrderedQueue<PendingWrite>();
  /** Those that the engine has, by ticket. */
  readonly #admitted = new OrderedQueue<PendingWrite>();
  /** Those of `#admitted` that settle once they are stored, by ticket; from the first of them. */
  #storing: OrderedQueue<PendingWrite> | undefined;
  /** Writes that wait for space in the engine, by number; each lane from the time when one has to wait. */
  readonly #waiting: Partial<Record<Lane, OrderedQueue<PendingWrite>>> = {};
  /** Who waits until all is settled, by the number of the first write that is not waited for: ascending. */
  #drains: Map<number, Waiters<undefined>> | undefined;
  #next = 0;
  /** How many writes the engine has taken. */
  #admissions = 0;

  constructor(engine: Engine, options: WriteQueueOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#offline = options.offline;
    if (this.#offline === undefined) return;
    this.#unsent = this.#startUnsent();
    // What an earlier process has left is looked at as soon as it is known.
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

  /** Writes that have not settled. */
  get size(): number {
    return this.#pending.size;
  }

  /** Lines that the limits of `offline` have dropped. */
  get dropped(): number {
    return this.#unsent?.dropped ?? 0;
  }

  /** Lines that have expired. */
  get expired(): number {
    return this.#unsent?.expired ?? 0;
  }

  /** The engine is done with the line of this ticket. */
  settled(ticket: number): void {
    const write = this.#admitted.get(ticket);
    if (write === undefined) return;
    if (write.unsent !== undefined) this.#unsent?.delete(write.unsent);
    if (write.at !== undefined) this.#options.observeAck?.(this.#engine.clock.now() - write.at);
    this.#settle(write);
  }

  /** Lines with qos are stored up to this ticket. */
  stored(ticket: number): void {
    this.#unsent?.stored(ticket);
    const storing = this.#storing;
    for (let write = storing?.first; write?.ticket !== undefined && write.ticket <= ticket;) {
      storing!.delete(write.ticket);
      this.#settle(write);
      write = storing!.first;
    }
  }

  /** A line that the engine had in its store only is in memory. */
  returned(line: WrittenLine): void {
    this.#unsent?.returned(line);
    // A new line may have waited for it to be dropped.
    this.#engine.roomWanted = true;
  }

  /** Hands lines that wait to the engine, as far as it has space; true when it took any. */
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

  /** Resolves once every write made so far has settled, however. Aborting leaves no listener or timer. */
  drained(signal?: AbortSignal): Promise<void> {
    return this.#pending.size === 0 ? Promise.resolve() : quiet(this.#drained(this.#next, signal));
  }

  /** For how many ends of the row of writes there are drains that wait. */
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

  /** True for a write that cannot wait after the others: it is rejected. */
  #refuses({ unsent }: PendingWrite, waiting: number): boolean {
    return unsent !== undefined && this.#unsent?.refuses(unsent, waiting) === true;
  }

  /** True when some still wait. */
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

  /** Where a write waits. */
  #rowOf(lane: Lane): Lane {
    return this.#offline === undefined ? lane : 'ordered';
  }

  #startUnsent(): UnsentLines {
    return new UnsentLines(this.#engine, this.#offline, (line, error) => this.#gaveUp(line, error));
  }

  /** A line is withdrawn from the engine; its write may have settled. */
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
      // One that was begun since has its own entry.
      if (waiters.size === 0 && drains.get(next) === waiters) drains.delete(next);
    }
  }

  /** False when it has to wait; else the engine has it, or it is rejected. */
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
