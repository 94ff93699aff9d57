/** Counts times in classes, each 4 % longer than the one before, so that an hour of them takes no more memory than a minute. */
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

  /** The time that this share of all times does not exceed, or up to 5 % more than that; undefined when there are none. */
  quantile(share: number): number | undefined {
    let left = share * this.#total;
    for (const [index, count] of [...this.#counts].sort(([one], [other]) => one - other)) {
      left -= count;
      if (left <= 0) return Math.min(this.#most, (2 ** (index / CLASSES_PER_DOUBLING) - 1) / 1000);
    }
    return undefined;
  }
}
