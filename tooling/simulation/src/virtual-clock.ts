import { EventHeap, type HeapItem } from './event-heap.js';

/**
 * Thrown when events follow each other without end at the same time, for example because a machine is in an
 * infinite loop.
 */
export class LivelockError extends Error {
  override readonly name = 'LivelockError';
}

export interface VirtualClockOptions {
  /**
   * Maximum number of events at one time, beyond which the run counts as a livelock. Default 1,000,000,
   * because wires that deliver single bytes need many.
   */
  readonly maxEventsPerInstant?: number;
}

interface Event extends HeapItem {
  readonly time: number;
  readonly turn: number;
  readonly sequence: number;
  readonly fn: () => void;
}

/**
 * A clock whose time advances only from event to event.
 *
 * The order of events is exact: by time, then by turn of the event loop, then by the order in which they were
 * scheduled. Turns are modelled because a real process reads its sockets once per turn. `nextTurn` runs after
 * all data that is ready at this time has been read.
 */
export class VirtualClock {
  readonly #events = new EventHeap<Event>(isBefore);
  readonly #maxEventsPerInstant: number;
  #now = 0;
  #turn = 0;
  #sequence = 0;
  #stepsAtNow = 0;
  #running = false;

  constructor(options: VirtualClockOptions = {}) {
    this.#maxEventsPerInstant = options.maxEventsPerInstant ?? 1_000_000;
  }

  /** Virtual time in ms. */
  get now(): number {
    return this.#now;
  }

  /** Number of scheduled events. */
  get pending(): number {
    return this.#events.size;
  }

  /**
   * Runs `fn` at `time`. A time in the past means now, `Infinity` means never. Returns a function that
   * cancels the event, and does nothing after the event has run.
   */
  at(time: number, fn: () => void): () => void {
    if (Number.isNaN(time)) throw new RangeError('an event needs a time, not NaN');
    if (time === Infinity) return () => undefined;
    return time > this.#now ? this.#add(time, 0, fn) : this.#add(this.#now, this.#turn, fn);
  }

  /** Runs `fn` in `delay` ms. */
  after(delay: number, fn: () => void): () => void {
    return this.at(this.#now + delay, fn);
  }

  /**
   * Runs `fn` at the current time, after all other events due at this time: one turn of the event loop later.
   */
  nextTurn(fn: () => void): () => void {
    return this.#add(this.#now, this.#turn + 1, fn);
  }

  /** Runs all events up to and including `time`. Afterwards `now` is `time`. */
  runUntil(time: number): void {
    this.runWhile(() => true, time);
  }

  /**
   * Runs events while `condition` returns true, up to the time `limit`. Returns true if the condition has
   * become false. Returns false if the limit was reached (`now` is then `limit`) or, without a limit, if no
   * event was left.
   */
  runWhile(condition: () => boolean, limit: number): boolean {
    if (this.#running) throw new Error('the clock is running already: an event must not run it');
    this.#running = true;
    try {
      while (condition()) {
        const next = this.#events.peek();
        if (next === undefined || next.time > limit) {
          if (limit !== Infinity) this.#moveTo(limit);
          return false;
        }
        this.#run(next);
      }
      return true;
    } finally {
      this.#running = false;
    }
  }

  #add(time: number, turn: number, fn: () => void): () => void {
    const event: Event = { time, turn, sequence: this.#sequence, fn, place: -1 };
    this.#sequence += 1;
    this.#events.push(event);
    return () => {
      this.#events.remove(event);
    };
  }

  #run(event: Event): void {
    this.#moveTo(event.time);
    this.#events.remove(event);
    this.#turn = event.turn;
    this.#stepsAtNow += 1;
    if (this.#stepsAtNow > this.#maxEventsPerInstant) {
      const what = event.fn.name === '' ? 'an unnamed event' : event.fn.name;
      throw new LivelockError(
        `livelock: more than ${this.#maxEventsPerInstant} events at ${this.#now} ms, the last is ${what}`,
      );
    }
    event.fn();
  }

  #moveTo(time: number): void {
    if (time <= this.#now) return;
    this.#now = time;
    this.#turn = 0;
    this.#stepsAtNow = 0;
  }
}

function isBefore(a: Event, b: Event): boolean {
  if (a.time !== b.time) return a.time < b.time;
  if (a.turn !== b.turn) return a.turn < b.turn;
  return a.sequence < b.sequence;
}
