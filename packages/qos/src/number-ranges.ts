/**
 * A set of whole numbers that are added in ascending order. It is kept as ranges, so its memory grows with the number
 * of gaps, not of numbers.
 */
export class NumberRanges {
  /** The first and the last number of each range, in ascending order. */
  readonly #ranges: [first: number, last: number][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The lowest number, and the highest. */
  get first(): number | undefined {
    return this.#ranges[0]?.[0];
  }

  get last(): number | undefined {
    return this.#ranges.at(-1)?.[1];
  }

  /** @param number higher than all that are here */
  push(number: number): void {
    this.pushRange(number, number);
  }

  /** @param first higher than all that are here */
  pushRange(first: number, last: number): void {
    const end = this.#ranges.at(-1);
    if (end?.[1] === first - 1) end[1] = last;
    else this.#ranges.push([first, last]);
    this.#size += last - first + 1;
  }

  has(number: number): boolean {
    return this.#indexOf(number) >= 0;
  }

  /** False when it is not here. */
  delete(number: number): boolean {
    const index = this.#indexOf(number);
    const range = this.#ranges[index];
    if (range === undefined) return false;
    this.#size -= 1;
    const [first, last] = range;
    if (first === last) this.#ranges.splice(index, 1);
    else if (number === first) range[0] += 1;
    else {
      range[1] = number - 1;
      if (number < last) this.#ranges.splice(index + 1, 0, [number + 1, last]);
    }
    return true;
  }

  /** All ranges, in ascending order. */
  ranges(): (readonly [first: number, last: number])[] {
    return this.#ranges.map(([first, last]) => [first, last]);
  }

  #indexOf(number: number): number {
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [first, last] = this.#ranges[middle]!;
      if (number < first) high = middle - 1;
      else if (number > last) low = middle + 1;
      else return middle;
    }
    return -1;
  }
}
