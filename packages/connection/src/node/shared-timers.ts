/**
 * A `Clock` for a server with thousands of links. The time is divided into steps of 4 ms. All callbacks that are due in one
 * step share one timer of Node, which fires at the end of the step.
 */
import { reportUncaught } from '../events.js';
import type { Clock } from '../ports.js';
import { nodeClock } from './clock.js';

/** The length of a step. */
const STEP_MS = 4;

/** The callbacks of one step, each under the function that cancels it. */
interface Step {
  readonly callbacks: Map<() => void, () => void>;
  readonly cancel: () => void;
}

/**
 * `nodeClock` with cheap timers. Callbacks come up to 4 ms late. The callbacks of one step are called in the order in which
 * they were set.
 */
export class SharedTimers implements Clock {
  /** By number of the step: its end, divided by `STEP_MS`. */
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
      // A timer without callbacks must not keep the process alive.
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
