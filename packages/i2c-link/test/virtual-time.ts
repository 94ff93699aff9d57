import type { Clock } from '@iot/connection';
import { VirtualClock } from '@iot/simulation';

/** The clock of a simulated world, between whose events promises settle. */
export class VirtualTime implements Clock {
  readonly events = new VirtualClock();

  now(): number {
    return this.events.now;
  }

  at(time: number, callback: () => void): () => void {
    // A real clock would hold a timer, and with it the process.
    if (time === Infinity) throw new RangeError('a timer that is never due');
    return this.events.at(time, callback);
  }

  nextTurn(callback: () => void): () => void {
    return this.events.nextTurn(callback);
  }

  /** Timers and turns that wait. */
  get armed(): number {
    return this.events.pending;
  }

  /** Lets so much time pass. */
  async advance(ms: number): Promise<void> {
    const end = this.now() + ms;
    await settle();
    while (this.#step(end)) await settle();
    this.events.runUntil(end);
  }

  /** Lets time pass until the condition holds; throws when it does not within a virtual hour. */
  async until(condition: () => boolean): Promise<void> {
    const limit = this.now() + 3_600_000;
    await settle();
    while (!condition()) {
      if (!this.#step(limit)) throw new Error('it has not happened within an hour of virtual time');
      await settle();
    }
  }

  /** Lets time pass until the promise has settled. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const note = () => {
      settled = true;
    };
    promise.then(note, note);
    await this.until(() => settled);
    return promise;
  }

  /** Runs one event, if there is one by `end`. */
  #step(end: number): boolean {
    let left = 1;
    return this.events.runWhile(() => left-- > 0, end);
  }
}

/** Everything that promises can do without an event from outside is done. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
