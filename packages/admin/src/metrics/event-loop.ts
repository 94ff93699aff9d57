/** How late timers of this process are, as a histogram: what a line waits at most before it is looked at. */
import { performance } from 'node:perf_hooks';
import type { Metric, Sample } from './text.js';

const EVERY_MS = 100;
const BUCKETS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

export class EventLoop {
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;
  #count = 0;
  #sum = 0;
  /** How many delays were at most as long as each of `BUCKETS_S`. */
  readonly #buckets = BUCKETS_S.map(() => 0);

  /** It is measured from the first reading on, so that a process whose metrics are never read pays nothing. */
  read(): Metric {
    if (this.#timer === undefined) this.#start();
    return {
      name: 'iot_event_loop_delay_seconds',
      type: 'histogram',
      help: 'How late timers are, measured ten times a second.',
      samples: this.#samples(),
    };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #start(): void {
    this.#dueAt = performance.now() + EVERY_MS;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#add(Math.max(0, now - this.#dueAt) / 1000);
      this.#dueAt = now + EVERY_MS;
    }, EVERY_MS);
    this.#timer.unref();
  }

  #add(seconds: number): void {
    this.#count += 1;
    this.#sum += seconds;
    for (const [index, bucket] of BUCKETS_S.entries()) if (seconds <= bucket) this.#buckets[index]! += 1;
  }

  *#samples(): Iterable<Sample> {
    for (const [index, bucket] of BUCKETS_S.entries())
      yield { suffix: '_bucket', labels: { le: String(bucket) }, value: this.#buckets[index]! };
    yield { suffix: '_bucket', labels: { le: '+Inf' }, value: this.#count };
    yield { suffix: '_sum', labels: {}, value: this.#sum };
    yield { suffix: '_count', labels: {}, value: this.#count };
  }
}
