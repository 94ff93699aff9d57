/** A histogram in the form of Prometheus: for each bound, the number of values that are at most as large. */
import type { Metric, Sample } from './text.js';

export class Histogram {
  readonly name: string;
  readonly help: string;
  readonly bounds: readonly number[];
  readonly #counts: number[];
  readonly #followers = new Set<(value: number) => void>();
  #count = 0;
  #sum = 0;

  /** @param bounds ascending */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  add(value: number): void {
    this.#count += 1;
    this.#sum += value;
    const index = this.bounds.findIndex((bound) => value <= bound);
    if (index >= 0) this.#counts[index]! += 1;
    for (const follow of this.#followers) follow(value);
  }

  /** Calls `follower` with each later value. */
  follow(follower: (value: number) => void): void {
    this.#followers.add(follower);
  }

  /**
   * For each bound, the number of values above the previous bound and at most as large as this bound. The
   * last element counts the values above all bounds.
   */
  get counts(): readonly number[] {
    return [...this.#counts, this.#count - this.#counts.reduce((sum, count) => sum + count, 0)];
  }

  read(): Metric {
    return { name: this.name, type: 'histogram', help: this.help, samples: this.#samples() };
  }

  *#samples(): Iterable<Sample> {
    let count = 0;
    for (const [index, bound] of this.bounds.entries()) {
      count += this.#counts[index]!;
      yield { suffix: '_bucket', labels: { le: String(bound) }, value: count };
    }
    yield { suffix: '_bucket', labels: { le: '+Inf' }, value: this.#count };
    yield { suffix: '_sum', labels: {}, value: this.#sum };
    yield { suffix: '_count', labels: {}, value: this.#count };
  }
}
