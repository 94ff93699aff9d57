/** Messages: received lines that the application marks as processed by calling `done`. */
import type { Engine, TakenLine } from './engine.js';
import { deferred } from './waiters.js';

/** A received line. The application calls `done` when it has processed the line. */
export interface Message {
  /** Without the newline. */
  readonly text: string;
  /**
   * True when an earlier process may have given this line to the application and ended before the line was done. Always false
   * without a store: the peer then sends lines that were not acked again as new lines, and acked lines are lost with the
   * process.
   */
  readonly redelivered: boolean;
  /** When the line was first received, by the clock of this machine. */
  readonly receivedAt: Date;
  /**
   * Marks the line as processed. With `ackWhen: 'done'` the line is acked now, and not before. With a store, the mark is
   * stored too, and after that the line is not delivered again after a crash. It is stored at once with `ackWhen: 'done'`, and
   * otherwise within a second. Messages may be marked in any order. A second call has no effect. A call after the connection
   * was closed has no effect either: with a store, the next process gets the line again.
   */
  done(): void;
}

export class ReceivedMessage implements Message {
  readonly #engine: Engine;
  readonly #line: TakenLine;
  /** Created when `whenDone` is first read. */
  #whenDone: ReturnType<typeof deferred<void>> | undefined;

  constructor(engine: Engine, line: TakenLine) {
    this.#engine = engine;
    this.#line = line;
  }

  get text(): string {
    return this.#line.text;
  }

  get redelivered(): boolean {
    return this.#line.redelivered;
  }

  get receivedAt(): Date {
    return new Date(this.#line.at);
  }

  /** Resolves when the application calls `done`. It must be read before that. Without a call of `done` it never resolves. */
  get whenDone(): Promise<void> {
    return (this.#whenDone ??= deferred()).promise;
  }

  done(): void {
    this.#engine.done(this.#line);
    this.#whenDone?.resolve();
  }
}
