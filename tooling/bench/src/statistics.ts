/** Statistics of measurements. */
import { median } from '@iot/app-kit';

/** Times of one round. */
export class Times {
  #values = new Float64Array(2 ** 16);
  #count = 0;
  #sorted: Float64Array | undefined;

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const longer = new Float64Array(2 * this.#count);
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values[this.#count++] = value;
    this.#sorted = undefined;
  }

  /**
   * The nearest-rank percentile: at least this share of all times are not larger. NaN without times.
   *
   * @param share from 0 to 1
   */
  percentile(share: number): number {
    this.#sorted ??= this.#values.slice(0, this.#count).sort();
    return this.#sorted[Math.max(0, Math.ceil(share * this.#count) - 1)] ?? NaN;
  }
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Median and range of one figure over the rounds. */
export function spread(figures: readonly number[]): Spread {
  return { median: median(figures), least: Math.min(...figures), most: Math.max(...figures) };
}

/** The median of the ratios of the rounds. A machine that slows down affects both sides of a round. */
export function medianRatio(figures: readonly number[], against: readonly number[]): number {
  const rounds = Math.min(figures.length, against.length);
  return median(Array.from({ length: rounds }, (_, round) => ratio(figures[round]!, against[round]!)));
}

/** The ratio of 0 to 0 counts as 1. */
function ratio(figure: number, against: number): number {
  return figure === against ? 1 : figure / against;
}
