import { reportUncaught } from '../events.js';
import type { Clock } from '../ports.js';
import { nodeClock } from './clock.js';

/** Timers due within this time share one. */
const STEP_MS = 4;

/** The timers that are due at one step, each under what cancels it. */
interface Step {
  readonly callbacks: Map<() => void, () => void>;
  readonly cancel: () => void;
}

/**
 * `nodeClock` for many links, whose timers each cost little: those that are due within 4 ms of each other share one timer
 * of Node, come up to 4 ms late, and are called in the order in which they were set.
 */
export class SharedTimers implements Clock {
  /** By number. */
  readonly #steps = new Map<number, Step>();

  now(): number {
    return nodeClock.now();
  }

  nextTurn(callback: () => void): () => void {
    return nodeClock.nextTurn(callback);
  }

  at(time: number, callback: () => void): () => void {
    const number = Math.ceil(time / STEP_MS);
    const step = this.#steps.get(number) ?? this.#begin(number);
    const { callbacks } = step;
    const cancel = () => {
      if (!callbacks.delete(cancel) || callbacks.size > 0 || this.#steps.get(number) !== step) return;
      // With nothing left to do it must not keep the process alive.
      this.#steps.delete(number);
      step.cancel();
    };
    callbacks.set(cancel, callback);
    return cancel;
  }

  #begin(number: number): Step {
    const callbacks = new Map<() => void, () => void>();
    const cancel = nodeClock.at(number * STEP_MS, () => {
      this.#steps.delete(number);
      for (const [each, callback] of callbacks) {
        callbacks.delete(each);
        reportUncaught(callback);
      }
    });
    const step = { callbacks, cancel };
    this.#steps.set(number, step);
    return step;
  }
}
