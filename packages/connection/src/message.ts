import type { Engine, TakenLine } from './engine.js';
import { deferred } from './waiters.js';

/** A line received, of which the application says when it has done with it. */
export interface Message {
  /** Without the newline. */
  readonly text: string;
  /**
   * True when an earlier process may have handed this line over and died before it was done. Only with a store: without
   * one, what a process has not acked is sent again by the peer as a new line, and what it has acked ends with it.
   */
  readonly redelivered: boolean;
  /** When it came here first, by the clock of this machine. */
  readonly receivedAt: Date;
  /**
   * The application has done with the line. With `ackWhen: 'done'` the peer is acked now, and not before; with a store the
   * line does not come again after a crash, once that is stored: at once with `ackWhen: 'done'`, otherwise within a second.
   * It may be called in any order. Again, or after the connection has been closed, it does nothing: with a store the line
   * then comes again.
   */
  done(): void;
}

export class ReceivedMessage implements Message {
  readonly #engine: Engine;
  readonly #line: TakenLine;
  /** Made when `whenDone` is read. */
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

  /** Resolves when the application calls `done`; never for a line that is not done. Read before `done` is called. */
  get whenDone(): Promise<void> {
    return (this.#whenDone ??= deferred()).promise;
  }

  done(): void {
    this.#engine.done(this.#line);
    this.#whenDone?.resolve();
  }
}
