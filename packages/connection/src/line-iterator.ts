/** How an application reads lines: who waits for one, and `for await`, which reads until it is left or the connection is closed. */
import { utf8Length, type ClosedError } from '@iot/framing';
import type { Engine } from './engine.js';
import { ReceivedMessage, type Message } from './message.js';
import type { Pace } from './pace.js';
import { Waiters, type Waiter } from './waiters.js';

/** Called with each line that the application is handed. */
interface Observer {
  /** Undefined while lines are not observed; read again for each line. */
  readonly observeLine?:
    ((direction: 'received', text: string, done: Promise<void>, receivedAt: Date) => void) | undefined;
}

export interface Closed {
  readonly error: ClosedError;
  /** It was closed over an error. */
  readonly failed: boolean;
}

/**
 * The lines that an engine has for those who read, as fast as the pace allows. What has to wait stays in the engine, whose
 * buffers fill until it acks nothing more: the sender is slowed.
 */
export class LineSource {
  readonly #engine: Engine;
  readonly #pace: Pace | undefined;
  readonly #observer: Observer;
  /** Of the time when the next line may be handed over. */
  #cancelTimer: (() => void) | undefined;
  /** One that does not say how it takes what it waits for wants a line. */
  readonly readers = new Waiters<string | Message>();
  /** Loops that have begun and not ended. */
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

  /** There are no more lines. */
  close(closed: Closed): void {
    this.#closed = closed;
    this.#cancelTimer?.();
  }

  /** A line that is there already. Waiting readers come first: what is unread belongs to them. */
  read(): string | undefined {
    return this.#mayRead ? this.#takeText() : undefined;
  }

  /** The same as a message. */
  message(): Message | undefined {
    return this.#mayRead ? this.takeMessage() : undefined;
  }

  /** The next line, whoever waits. */
  readonly takeMessage = (): Message | undefined => {
    if (this.#mustWait) return undefined;
    const line = this.#engine.take();
    if (line === undefined) return undefined;
    this.#countInPace(line.text);
    const message = new ReceivedMessage(this.#engine, line);
    this.#observer.observeLine?.('received', line.text, message.whenDone, message.receivedAt);
    return message;
  };

  /** Hands lines to those who wait; true when there were both. */
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

  /** The pace allows no line now; who waits for one is served as soon as it does. */
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

/** What a loop takes of each line: its text, or a message. */
interface Taking<T> {
  /** What is there already. */
  next(): T | undefined;
  /** How a reader that waits takes it; undefined for the text. */
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

  /** A reader that has left must not take a line: it would be lost. */
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

  /** The loop has begun, or ended. */
  #count(begun: boolean): void {
    if (begun === this.#begun) return;
    this.#begun = begun;
    this.#lines.loops += begun ? 1 : -1;
  }
}
