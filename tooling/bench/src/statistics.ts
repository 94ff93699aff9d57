/** Arithmetic of what is measured. */
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
   * The smallest time that this share of all is not above; NaN of none.
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

/** Of one figure of each round. */
export function spread(figures: readonly number[]): Spread {
  return { median: median(figures), least: Math.min(...figures), most: Math.max(...figures) };
}

/** The median over the rounds of the ratio in each: a machine that slows down slows both sides of a round. */
export function medianRatio(figures: readonly number[], against: readonly number[]): number {
  const rounds = Math.min(figures.length, against.length);
  return median(Array.from({ length: rounds }, (_, round) => ratio(figures[round]!, against[round]!)));
}

/** Nothing against nothing is as much. */
function ratio(figure: number, against: number): number {
  return figure === against ? 1 : figure / against;
}
