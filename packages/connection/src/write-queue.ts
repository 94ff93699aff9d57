/**
 * Writes of the application that have not settled: from the call of `write` until the ack, the abort or the close.
 *
 * The engine takes at most `maxUnsentLines` unsent lines of each kind (waiting, not waiting, without qos); the writes
 * beyond that wait here, in call order, each kind by itself: what may overtake may overtake them too.
 */
import { checkLine, type ClosedError } from '@iot/framing';
import type { WriteFlags } from '@iot/qos';
import { onAbort } from './abort.js';
import type { Engine } from './engine.js';
import { quiet, rejected } from './waiters.js';

export interface WriteOptions extends WriteFlags {
  /**
   * Aborting rejects with `signal.reason` and withdraws a line that has not been sent; one that has may still arrive,
   * once.
   */
  readonly signal?: AbortSignal | undefined;
}

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
  readonly #pending = new Set<PendingWrite>();
  readonly #byTicket = new Map<number, PendingWrite>();
  /** Writes that wait for room in the engine, by kind. */
  readonly #waiting = {
    ordered: new Set<PendingWrite>(),
    free: new Set<PendingWrite>(),
    noQos: new Set<PendingWrite>(),
  };

  constructor(engine: Engine, maxUnsentLines: number) {
    this.#engine = engine;
    this.#maxUnsentLines = maxUnsentLines;
  }

  write(line: string, { qos = true, wait = true, signal }: WriteOptions): Promise<void> {
    if (signal?.aborted) return rejected(signal.reason);
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

  /** Resolves once every write made so far has settled, however. */
  async drained(): Promise<void> {
    await Promise.allSettled([...this.#pending].map(({ promise }) => promise));
  }

  close(error: ClosedError): void {
    for (const write of [...this.#pending]) write.settle({ reason: error });
  }

  #begin(text: string, flags: WriteFlags, signal: AbortSignal | undefined): PendingWrite {
    let settle: PendingWrite['settle'] = () => undefined;
    const promise = new Promise<void>((resolve, reject) => {
      const stopListening = onAbort(signal, () => {
        if (write.ticket !== undefined) this.#engine.withdraw(write.ticket);
        write.settle({ reason: signal?.reason });
      });
      settle = (failure) => {
        stopListening();
        this.#pending.delete(write);
        this.#waiting[kind(flags)].delete(write);
        if (write.ticket !== undefined) this.#byTicket.delete(write.ticket);
        if (failure === undefined) return resolve();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason is the caller's
        reject(failure.reason);
      };
    });
    const write: PendingWrite = { text, flags, promise: quiet(promise), settle, ticket: undefined };
    this.#pending.add(write);
    return write;
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
