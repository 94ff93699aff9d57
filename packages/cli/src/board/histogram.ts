/**
 * Counts times in classes. Each class is 4 % wider than the one before, so that memory does not grow with the
 * number of times.
 */
const CLASSES_PER_DOUBLING = 16;

export class Histogram {
  readonly #counts = new Map<number, number>();
  #total = 0;
  #most = 0;

  add(ms: number): void {
    const index = Math.ceil(CLASSES_PER_DOUBLING * Math.log2(ms * 1000 + 1));
    this.#counts.set(index, (this.#counts.get(index) ?? 0) + 1);
    this.#total += 1;
    this.#most = Math.max(this.#most, ms);
  }

  /**
   * The time which this share of all times does not exceed. The result may be up to 5 % too high. Undefined
   * when there are no times.
   */
  quantile(share: number): number | undefined {
    let left = share * this.#total;
    for (const [index, count] of [...this.#counts].sort(([one], [other]) => one - other)) {
      left -= count;
      if (left <= 0) return Math.min(this.#most, (2 ** (index / CLASSES_PER_DOUBLING) - 1) / 1000);
    }
    return undefined;
  }
}
