/**
 * Histogram of the delay of this process's timers. A received line waits at most this long before it is
 * processed.
 */
import { performance } from 'node:perf_hooks';
import { Histogram } from './histogram.js';

const EVERY_MS = 100;

export class EventLoop {
  readonly delays = new Histogram(
    'iot_event_loop_delay_seconds',
    'Delay of timers, measured ten times per second.',
    [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
  );
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;

  /**
   * Called at each scrape. The first call starts the measurement, so that a process whose metrics are never
   * read does no work.
   */
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
