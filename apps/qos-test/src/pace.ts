/** When the next line may be written. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Pace {
  /** Waits until the line with this id may be written; false when it may not, nor any later one. */
  turn(id: number): Promise<boolean>;
}

/** A pause after every burst of lines, until `stop` is aborted. */
export class Steady implements Pace {
  readonly #burst: number;
  readonly #intervalMs: number;
  readonly #stop: AbortSignal;

  constructor(burst: number, intervalMs: number, stop: AbortSignal) {
    this.#burst = burst;
    this.#intervalMs = intervalMs;
    this.#stop = stop;
  }

  async turn(id: number): Promise<boolean> {
    if (id > 0 && id % this.#burst === 0) {
      await sleep(this.#intervalMs, undefined, { signal: this.#stop }).catch(() => undefined);
    }
    return !this.#stop.aborted;
  }
}

/** As many lines as have been allowed. */
export class Allowance implements Pace {
  #allowed = 0;
  #finished = false;
  #wake: (() => void) | undefined;

  /** Lines in all. */
  allow(lines: number): void {
    this.#allowed = lines;
    this.#wake?.();
  }

  /** No more than that. */
  finish(): void {
    this.#finished = true;
    this.#wake?.();
  }

  async turn(id: number): Promise<boolean> {
    while (id >= this.#allowed && !this.#finished) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return id < this.#allowed;
  }
}
