/**
 * Writes of the application that have not settled: from the call of `write` until the ack, the abort or the close.
 *
 * The engine takes at most `maxUnsentLines` unsent lines of each kind (waiting, not waiting, without qos); the writes
 * beyond that wait here, in call order, each kind by itself: what may overtake may overtake them too.
 *
 * Writes are numbered in call order. The oldest that has not settled only ever moves on, and passes each number once: so
 * a drain is one entry under the number that the oldest has to reach, however many writes are pending.
 *
 * A write `until: 'stored'` has settled once its line is stored: nothing here waits for the ack of it.
 */
import { checkLine, UsageError, type ClosedError } from '@iot/framing';
import type { WriteFlags } from '@iot/qos';
import { laneOf, OrderedQueue, requireOneOf, type Lane } from '@iot/qos/internal';
import { onAbort } from './abort.js';
import type { Engine } from './engine.js';
import { abortable, quiet, rejected, Waiters } from './waiters.js';

export interface WriteOptions extends WriteFlags {
  /**
   * Aborting rejects with `signal.reason` and withdraws a line that has not been sent; one that has may still arrive,
   * once. null is none.
   */
  readonly signal?: AbortSignal | null | undefined;
  /**
   * `'acked'` (the default): the write resolves once the other end has acked the line. `'stored'`: once the line is in the
   * store of this end, also during an outage. It is sent and acked after that, by this process or the next one, and arrives
   * once; this write, `pendingWrites` and `drain` do not wait for that. It needs a store and `qos: true`.
   */
  readonly until?: 'acked' | 'stored' | undefined;
}

const WRITE_OPTIONS = ['qos', 'wait', 'signal', 'until'];

/** What the engine is told of each lane. */
const FLAGS: Readonly<Record<Lane, WriteFlags>> = {
  unsafe: { qos: false },
  free: { wait: false },
  ordered: {},
};

class PendingWrite {
  readonly promise: Promise<void>;
  /** The engine's, once it has the line. */
  ticket: number | undefined;
  /** Undefined where there is no signal. */
  stopListening: (() => void) | undefined;
  #resolve!: () => void;
  #reject!: (reason: unknown) => void;

  constructor(
    readonly number: number,
    readonly text: string,
    readonly lane: Lane,
    readonly untilStored: boolean,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  settle(failure: { readonly reason: unknown } | undefined): void {
    this.stopListening?.();
    if (failure === undefined) return this.#resolve();
    void quiet(this.promise);
    this.#reject(failure.reason);
  }
}

export class WriteQueue {
  readonly #engine: Engine;
  readonly #maxUnsentLines: number;
  /** By number. */
  readonly #pending = new OrderedQueue<PendingWrite>();
  /** Those that the engine has, by ticket. */
  readonly #admitted = new OrderedQueue<PendingWrite>();
  /** Those of `#admitted` that settle once they are stored, by ticket; from the first of them. */
  #storing: OrderedQueue<PendingWrite> | undefined;
  /** Writes that wait for room in the engine, by number; each lane from the time when one has to wait. */
  readonly #waiting: Partial<Record<Lane, OrderedQueue<PendingWrite>>> = {};
  /** Who waits until all is settled, by the number of the first write that is not waited for: ascending. */
  #drains: Map<number, Waiters<undefined>> | undefined;
  #next = 0;

  constructor(engine: Engine, maxUnsentLines: number) {
    this.#engine = engine;
    this.#maxUnsentLines = maxUnsentLines;
  }

  write(line: string, options?: WriteOptions): Promise<void> {
    if (options === undefined) return this.#write(line, 'ordered', false, undefined);
    return abortable(
      options,
      (signal) => this.#write(line, laneOf(options), this.#isUntilStored(options), signal),
      WRITE_OPTIONS,
    );
  }

  /** Writes that have not settled. */
  get size(): number {
    return this.#pending.size;
  }

  /** The engine is done with the line of this ticket. */
  settled(ticket: number): void {
    const write = this.#admitted.get(ticket);
    if (write !== undefined) this.#settle(write);
  }

  /** Lines with qos are stored up to this ticket. */
  stored(ticket: number): void {
    const storing = this.#storing;
    for (let write = storing?.first; write?.ticket !== undefined && write.ticket <= ticket;) {
      storing!.delete(write.ticket);
      this.#settle(write);
      write = storing!.first;
    }
  }

  /** Hands lines that wait to the engine, as far as it has room; true when it took any. */
  refill(): boolean {
    if (!this.#engine.roomWanted) return false;
    const { unsafe, free, ordered } = this.#waiting;
    const before = this.#admitted.size;
    this.#engine.roomWanted = false;
    for (const waiting of [unsafe, free, ordered]) {
      if (this.#refill(waiting)) this.#engine.roomWanted = true;
    }
    return this.#admitted.size > before;
  }

  /** Resolves once every write made so far has settled, however. Aborting leaves nothing behind. */
  drained(signal?: AbortSignal): Promise<void> {
    return this.#pending.size === 0 ? Promise.resolve() : quiet(this.#drained(this.#next, signal));
  }

  /** For how many ends of the row of writes there are drains that wait. */
  get drains(): number {
    return this.#drains?.size ?? 0;
  }

  close(error: ClosedError): void {
    for (const write of [...this.#pending]) this.#settle(write, { reason: error });
  }

  /** @throws UsageError `ERR_BAD_OPTION` for a line that is not stored. */
  #isUntilStored({ until = 'acked', qos = true }: WriteOptions): boolean {
    requireOneOf('until', until, ['acked', 'stored']);
    if (until === 'acked') return false;
    if (!qos) throw new UsageError('ERR_BAD_OPTION', "until: 'stored' needs qos: other lines are not stored");
    if (this.#engine.stores) return true;
    throw new UsageError('ERR_BAD_OPTION', "until: 'stored' needs a store: this connection has none");
  }

  #write(line: string, lane: Lane, untilStored: boolean, signal: AbortSignal | undefined): Promise<void> {
    let text: string;
    try {
      text = checkLine(line, this.#engine.maxLineBytes);
    } catch (error) {
      return rejected(error);
    }
    if (text === '') return Promise.resolve();
    const write = new PendingWrite(this.#next++, text, lane, untilStored);
    if (signal !== undefined) write.stopListening = onAbort(signal, () => this.#aborted(write, signal));
    this.#pending.push(write.number, write);
    if ((this.#waiting[lane]?.size ?? 0) > 0 || !this.#admit(write)) {
      (this.#waiting[lane] ??= new OrderedQueue()).push(write.number, write);
      this.#engine.roomWanted = true;
    }
    return write.promise;
  }

  /** True when some still wait. */
  #refill(waiting: OrderedQueue<PendingWrite> | undefined): boolean {
    if (waiting === undefined) return false;
    for (let write = waiting.first; write !== undefined && this.#admit(write); write = waiting.first) {
      waiting.delete(write.number);
    }
    return waiting.size > 0;
  }

  #aborted(write: PendingWrite, signal: AbortSignal): void {
    if (write.ticket !== undefined) this.#engine.withdraw(write.ticket);
    this.#settle(write, { reason: signal.reason });
  }

  #settle(write: PendingWrite, failure?: { readonly reason: unknown }): void {
    const { ticket, number, lane } = write;
    if (ticket === undefined) this.#waiting[lane]?.delete(number);
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

  /** False when the engine has no room. */
  #admit(write: PendingWrite): boolean {
    const flags = FLAGS[write.lane];
    if (this.#engine.unsent(flags) >= this.#maxUnsentLines) return false;
    write.ticket = this.#engine.write(write.text, flags);
    this.#admitted.push(write.ticket, write);
    if (write.untilStored) (this.#storing ??= new OrderedQueue()).push(write.ticket, write);
    return true;
  }
}
