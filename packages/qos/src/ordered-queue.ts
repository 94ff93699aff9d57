/**
 * Items in ascending order of a number, such as lines that wait for an ack. Items may leave in any order; mostly the
 * first item leaves first. A `Map` is not used, because its internal tables keep removed items in memory for longer.
 */
export class OrderedQueue<T> implements Iterable<T> {
  #numbers: number[] = [];
  /** Undefined where an item was removed. The first item is at `#first`. */
  #items: (T | undefined)[] = [];
  #first = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The item with the lowest number. */
  get first(): T | undefined {
    return this.#items[this.#first];
  }

  get firstNumber(): number | undefined {
    return this.#numbers[this.#first];
  }

  /** The item with the highest number. */
  get last(): T | undefined {
    return this.#items.at(-1);
  }

  /** @param number higher than all that are here */
  push(number: number, item: T): void {
    this.#numbers.push(number);
    this.#items.push(item);
    this.#size += 1;
  }

  /** @param number lower than all that are here */
  pushFirst(number: number, item: T): void {
    if (this.#first > 0) {
      this.#first -= 1;
      this.#numbers[this.#first] = number;
      this.#items[this.#first] = item;
    } else {
      this.#numbers.unshift(number);
      this.#items.unshift(item);
    }
    this.#size += 1;
  }

  get(number: number): T | undefined {
    return this.#items[this.#placeOf(number)];
  }

  /** False when there is no item with this number. */
  delete(number: number): boolean {
    const place = this.#placeOf(number);
    if (this.#items[place] === undefined) return false;
    this.#items[place] = undefined;
    this.#size -= 1;
    if (place === this.#first) this.#moveOn();
    // The next item that is pushed may have the same number as the one that was removed.
    while (this.#items.length > 0 && this.#items.at(-1) === undefined) this.#dropLast();
    // Removed items must not take more space than the others.
    if (this.#items.length > SMALL && this.#items.length > 2 * this.#size) this.#compact();
    return true;
  }

  clear(): void {
    this.#numbers = [];
    this.#items = [];
    this.#first = 0;
    this.#size = 0;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let place = this.#first; place < this.#items.length; place++) {
      const item = this.#items[place];
      if (item !== undefined) yield item;
    }
  }

  #moveOn(): void {
    if (this.#size === 0) return this.clear();
    while (this.#items[this.#first] === undefined) this.#first += 1;
  }

  #dropLast(): void {
    this.#items.pop();
    this.#numbers.pop();
  }

  #compact(): void {
    this.#numbers = this.#numbers.filter((_, place) => this.#items[place] !== undefined);
    this.#items = this.#items.filter((item) => item !== undefined);
    this.#first = 0;
  }

  /**
   * The index of this number, or the length if it is not here. The first guess is right when the numbers have no gaps,
   * as mostly.
   */
  #placeOf(number: number): number {
    const numbers = this.#numbers;
    const guess = this.#first + number - (numbers[this.#first] ?? 0);
    if (numbers[guess] === number) return guess;
    let low = this.#first;
    let high = numbers.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = numbers[middle]!;
      if (found === number) return middle;
      if (found < number) low = middle + 1;
      else high = middle - 1;
    }
    return numbers.length;
  }
}

/** Below this number of entries the arrays are not compacted. */
const SMALL = 32;
