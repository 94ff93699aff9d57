/**
 * The reading side of a connection. `LineSource` takes received lines from the engine and gives them to the callers that wait
 * for one, in the order in which they began to wait. `LineIterator` implements `for await` over these lines.
 *
 * A message is a received line with a method `done`, which the application calls when it has processed the line.
 */
import { utf8Length, type ClosedError } from '@iot/framing';
import type { Engine } from './engine.js';
import { ReceivedMessage, type Message } from './message.js';
import type { Pace } from './pace.js';
import { Waiters, type Waiter } from './waiters.js';

/** Called with each line that the application is given. */
interface Observer {
  /** Undefined while lines are not observed. The property is read again for each line. */
  readonly observeLine?:
    ((direction: 'received', text: string, done: Promise<void>, receivedAt: Date) => void) | undefined;
}

export interface Closed {
  readonly error: ClosedError;
  /** True when a failure closed the connection, so that iteration throws. */
  readonly failed: boolean;
}

/**
 * Gives the received lines of an engine to readers, at most as fast as the pace allows. Lines that have to wait stay in the
 * engine. When the buffer of the engine is full, it stops acking, which slows the sender.
 */
export class LineSource {
  readonly #engine: Engine;
  readonly #pace: Pace | undefined;
  readonly #observer: Observer;
  /** Cancels the timer that runs until the pace allows the next line. */
  #cancelTimer: (() => void) | undefined;
  /** The callers that wait. A waiter without a `take` function gets the text of a line. */
  readonly readers = new Waiters<string | Message>();
  /** Number of `for await` loops that have begun and not ended. */
  loops = 0;
  #closed: Closed | undefined;

  constructor(engine: Engine, pace: Pace | undefined, observer: Observer) {
    this.#engine = engine;
    this.#pace = pace;
    this.#observer = observer;
  }

  get closed(): Closed | undefined {
    return this.#closed;
  }

  /** Ends reading: the application gets no more lines. */
  close(closed: Closed): void {
    this.#closed = closed;
    this.#cancelTimer?.();
  }

  /** The next line, if one is available now. Undefined while other readers wait: they are served first. */
  read(): string | undefined {
    return this.#mayRead ? this.#takeText() : undefined;
  }

  /** Like `read`, but returns a message. */
  message(): Message | undefined {
    return this.#mayRead ? this.takeMessage() : undefined;
  }

  /** The next line as a message, even if other readers wait. */
  readonly takeMessage = (): Message | undefined => {
    if (this.#mustWait) return undefined;
    const line = this.#engine.take();
    if (line === undefined) return undefined;
    this.#countInPace(line.text);
    const message = new ReceivedMessage(this.#engine, line);
    this.#observer.observeLine?.('received', line.text, message.whenDone, message.receivedAt);
    return message;
  };

  /** Gives available lines to waiting readers. True when any line was given. */
  serve(): boolean {
    let served = false;
    for (let first = this.readers.first; first !== undefined; first = this.readers.first) {
      const line = first.take === undefined ? this.#takeText() : first.take();
      if (line === undefined) break;
      this.readers.resolveNext(line);
      served = true;
    }
    return served;
  }

  #takeText(): string | undefined {
    if (this.#mustWait) return undefined;
    if (this.#observer.observeLine !== undefined) {
      const message = this.takeMessage();
      message?.done();
      return message?.text;
    }
    const text = this.#engine.read();
    if (text !== undefined) this.#countInPace(text);
    return text;
  }

  get #mayRead(): boolean {
    return this.closed === undefined && this.readers.size === 0;
  }

  /** True while the pace allows no line. A timer then serves the waiting readers as soon as the pace allows it. */
  get #mustWait(): boolean {
    if (this.#pace === undefined) return false;
    const { nextAt } = this.#pace;
    if (nextAt <= this.#engine.clock.now()) return false;
    this.#cancelTimer ??= this.#engine.clock.at(nextAt, () => {
      this.#cancelTimer = undefined;
      this.serve();
    });
    return true;
  }

  #countInPace(text: string): void {
    this.#pace?.handedOver(utf8Length(text), this.#engine.clock.now());
  }
}

const DONE = { done: true, value: undefined } as const;

/** How a loop takes a line: as text, or as a message. */
interface Taking<T> {
  /** The next line, if one is available now. */
  next(): T | undefined;
  /** The `take` function of the waiter, when the loop has to wait; undefined for text. */
  readonly take: (() => T | undefined) | undefined;
}

export function lineIterator(lines: LineSource): AsyncIterator<string, undefined> {
  return new LineIterator<string>(lines, { next: () => lines.read(), take: undefined });
}

export function messageIterator(lines: LineSource): AsyncIterator<Message, undefined> {
  return new LineIterator<Message>(lines, { next: () => lines.message(), take: lines.takeMessage });
}

class LineIterator<T extends string | Message> implements AsyncIterator<T, undefined> {
  readonly #lines: LineSource;
  readonly #taking: Taking<T>;
  #waiting: Waiter<string | Message>[] = [];
  #begun = false;
  #left = false;

  constructor(lines: LineSource, taking: Taking<T>) {
    this.#lines = lines;
    this.#taking = taking;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#left) return Promise.resolve(DONE);
    const { closed } = this.#lines;
    if (closed !== undefined) return this.#end(closed);
    this.#count(true);
    const value = this.#taking.next();
    return value === undefined ? this.#wait() : Promise.resolve({ done: false, value });
  }

  /** The loop was left. Its waiters leave the queue, because a line given to them would be lost. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#left = true;
    this.#count(false);
    for (const waiter of this.#waiting) {
      this.#lines.readers.leave(waiter);
      waiter.reject(undefined);
    }
    return Promise.resolve(DONE);
  }

  async #wait(): Promise<IteratorResult<T, undefined>> {
    const waiter = this.#lines.readers.join(this.#taking.take);
    this.#waiting.push(waiter);
    try {
      return { done: false, value: (await waiter.promise) as T };
    } catch {
      const { closed } = this.#lines;
      return this.#left || closed === undefined ? DONE : await this.#end(closed);
    } finally {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
    }
  }

  #end({ error, failed }: Closed): Promise<IteratorResult<T, undefined>> {
    this.#count(false);
    return failed ? Promise.reject(error) : Promise.resolve(DONE);
  }

  /** Counts the loop when it begins and when it ends, once each. */
  #count(begun: boolean): void {
    if (begun === this.#begun) return;
    this.#begun = begun;
    this.#lines.loops += begun ? 1 : -1;
  }
}
