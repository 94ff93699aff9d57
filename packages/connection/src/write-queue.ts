/**
 * Writes of the application that have not settled: from the call of `write` until the ack, the abort or the close.
 *
 * The engine takes at most `maxUnsentLines` unsent lines of each kind (waiting, not waiting, without qos); the writes
 * beyond that wait here, in call order, each kind by itself: what may overtake may overtake them too.
 *
 * Writes are numbered in call order. The oldest that has not settled only ever moves on, and passes each number once: so
 * a drain is one entry under the number that the oldest has to reach, however many writes are pending.
 */
import { checkLine, type ClosedError } from '@iot/framing';
import type { WriteFlags } from '@iot/qos';
import { onAbort } from './abort.js';
import type { Engine } from './engine.js';
import { abortable, quiet, rejected, Waiters } from './waiters.js';

export interface WriteOptions extends WriteFlags {
  /**
   * Aborting rejects with `signal.reason` and withdraws a line that has not been sent; one that has may still arrive,
   * once. null is none.
   */
  readonly signal?: AbortSignal | null | undefined;
}

const WRITE_OPTIONS = ['qos', 'wait', 'signal'];

interface PendingWrite {
  readonly text: string;
  readonly flags: WriteFlags;
  readonly promise: Promise<void>;
  readonly settle: (failure?: { readonly reason: unknown }) => void;
  /** The engine's, once it has the line. */
  ticket: number | undefined;
}

export class WriteQueue {
  readonly #engine: Engine;
  readonly #maxUnsentLines: number;
  /** By number. */
  readonly #pending = new Map<number, PendingWrite>();
  readonly #byTicket = new Map<number, PendingWrite>();
  /** Writes that wait for room in the engine, by kind. */
  readonly #waiting = {
    ordered: new Set<PendingWrite>(),
    free: new Set<PendingWrite>(),
    noQos: new Set<PendingWrite>(),
  };
  /** Who waits until all is settled, by the number of the first write that is not waited for. */
  readonly #drains = new Map<number, Waiters<undefined>>();
  #next = 0;
  #oldest = 0;

  constructor(engine: Engine, maxUnsentLines: number) {
    this.#engine = engine;
    this.#maxUnsentLines = maxUnsentLines;
  }

  write(line: string, options?: WriteOptions): Promise<void> {
    return abortable(options, (signal) => this.#write(line, options, signal), WRITE_OPTIONS);
  }

  /** Writes that have not settled. */
  get size(): number {
    return this.#pending.size;
  }

  /** The engine is done with the line of this ticket. */
  settled(ticket: number): void {
    this.#byTicket.get(ticket)?.settle();
  }

  /** Hands lines that wait to the engine, as far as it has room. */
  refill(): void {
    for (const waiting of Object.values(this.#waiting)) {
      for (const write of waiting) {
        if (!this.#admit(write)) break;
        waiting.delete(write);
      }
    }
  }

  /** Resolves once every write made so far has settled, however. Aborting leaves nothing behind. */
  drained(signal?: AbortSignal): Promise<void> {
    return this.#pending.size === 0 ? Promise.resolve() : quiet(this.#drained(this.#next, signal));
  }

  /** For how many ends of the row of writes there are drains that wait. */
  get drains(): number {
    return this.#drains.size;
  }

  close(error: ClosedError): void {
    for (const write of [...this.#pending.values()]) write.settle({ reason: error });
  }

  #write(
    line: string,
    { qos = true, wait = true }: WriteFlags = {},
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let text: string;
    try {
      text = checkLine(line, this.#engine.maxLineBytes);
    } catch (error) {
      return rejected(error);
    }
    if (text === '') return Promise.resolve();
    const write = this.#begin(text, { qos, wait }, signal);
    const waiting = this.#waiting[kind(write.flags)];
    if (waiting.size > 0 || !this.#admit(write)) waiting.add(write);
    return write.promise;
  }

  #begin(text: string, flags: WriteFlags, signal: AbortSignal | undefined): PendingWrite {
    const number = this.#next++;
    let settle: PendingWrite['settle'] = () => undefined;
    const promise = new Promise<void>((resolve, reject) => {
      const stopListening = onAbort(signal, () => {
        if (write.ticket !== undefined) this.#engine.withdraw(write.ticket);
        write.settle({ reason: signal?.reason });
      });
      settle = (failure) => {
        stopListening();
        this.#waiting[kind(flags)].delete(write);
        if (write.ticket !== undefined) this.#byTicket.delete(write.ticket);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason is the caller's
        if (failure !== undefined) reject(failure.reason);
        else resolve();
        this.#forget(number);
      };
    });
    const write: PendingWrite = { text, flags, promise: quiet(promise), settle, ticket: undefined };
    this.#pending.set(number, write);
    return write;
  }

  /** The write of this number has settled, and with it those whose drain has waited for no other. */
  #forget(number: number): void {
    this.#pending.delete(number);
    while (this.#oldest < this.#next && !this.#pending.has(this.#oldest)) {
      this.#oldest += 1;
      this.#drains.get(this.#oldest)?.resolveAll(undefined);
    }
  }

  async #drained(next: number, signal: AbortSignal | undefined): Promise<void> {
    const waiters = this.#drains.get(next) ?? new Waiters<undefined>();
    this.#drains.set(next, waiters);
    try {
      await waiters.wait(signal);
    } finally {
      // One that was begun since has its own entry.
      if (waiters.size === 0 && this.#drains.get(next) === waiters) this.#drains.delete(next);
    }
  }

  /** False when the engine has no room. */
  #admit(write: PendingWrite): boolean {
    if (this.#engine.unsent(write.flags) >= this.#maxUnsentLines) return false;
    write.ticket = this.#engine.write(write.text, write.flags);
    this.#byTicket.set(write.ticket, write);
    return true;
  }
}

function kind({ qos, wait }: WriteFlags): 'ordered' | 'free' | 'noQos' {
  if (qos === false) return 'noQos';
  return wait === false ? 'free' : 'ordered';
}
