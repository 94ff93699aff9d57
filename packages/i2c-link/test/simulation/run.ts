import type { Clock } from '@iot/connection';
import type { VirtualClock } from '@iot/simulation';

/** The clock of one run of a process. When the process has ended, none of its timers fires. */
export class Run implements Clock {
  readonly name: string;
  readonly #clock: VirtualClock;
  #alive = true;

  constructor(name: string, clock: VirtualClock) {
    this.name = name;
    this.#clock = clock;
  }

  get alive(): boolean {
    return this.#alive;
  }

  end(): void {
    this.#alive = false;
  }

  now(): number {
    return this.#clock.now;
  }

  at(time: number, callback: () => void): () => void {
    // A real clock would hold a timer, and with it the process.
    if (time === Infinity) throw new RangeError('a timer that is never due');
    return this.#clock.at(time, this.#whileAlive(callback));
  }

  nextTurn(callback: () => void): () => void {
    return this.#clock.nextTurn(this.#whileAlive(callback));
  }

  after(ms: number, callback: () => void): () => void {
    return this.at(this.now() + ms, callback);
  }

  /** Resolves after this number of ms; never when the process has died by then. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  #whileAlive(callback: () => void): () => void {
    return () => {
      if (this.#alive) callback();
    };
  }
}
