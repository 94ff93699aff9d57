import { EventHeap, type HeapItem } from './event-heap.js';

/** Thrown when events keep following each other without the time moving on: a machine that spins. */
export class LivelockError extends Error {
  override readonly name = 'LivelockError';
}

export interface VirtualClockOptions {
  /** Events allowed at one instant before it counts as a livelock. Default 1,000,000: byte-wise wires need many. */
  readonly maxEventsPerInstant?: number;
}

interface Event extends HeapItem {
  readonly time: number;
  readonly turn: number;
  readonly sequence: number;
  readonly fn: () => void;
}

/**
 * Time that moves only from event to event.
 *
 * Order is exact: by time, then by turn of the event loop, then by the order in which the events were asked for.
 * Turns exist because a real process reads its sockets once a turn: `nextTurn` gives the point at which
 * everything that lies ready at this instant has been read.
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

  /** Events that wait to be run. */
  get pending(): number {
    return this.#events.size;
  }

  /**
   * Runs `fn` at `time`; a time gone by means now, `Infinity` means never.
   * Returns its cancel, which does nothing once it has run.
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

  /** Runs `fn` at this same instant, but after everything else that is due at it: one turn of the event loop later. */
  nextTurn(fn: () => void): () => void {
    return this.#add(this.#now, this.#turn + 1, fn);
  }

  /** Runs everything due up to and including `time`; the time is `time` afterwards. */
  runUntil(time: number): void {
    this.runWhile(() => true, time);
  }

  /**
   * Runs events as long as `condition` holds and none lies beyond the time `limit`.
   * True when the condition gave way; false when the limit was reached (the time is then `limit`) or, with no
   * limit, when nothing was left to run.
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
