/** How late timers of this process are, as a histogram: what a line waits at most before it is looked at. */
import { performance } from 'node:perf_hooks';
import { Histogram } from './histogram.js';

const EVERY_MS = 100;

export class EventLoop {
  readonly delays = new Histogram(
    'iot_event_loop_delay_seconds',
    'How late timers are, measured ten times a second.',
    [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
  );
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;

  /** Called at each reading: it is measured from the first one on, so that a process whose metrics are never read pays nothing. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#dueAt = performance.now() + EVERY_MS;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.delays.add(Math.max(0, now - this.#dueAt) / 1000);
      this.#dueAt = now + EVERY_MS;
    }, EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
