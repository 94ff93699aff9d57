/** What the heap needs to find an item again: it keeps the item's place up to date. */
export interface HeapItem {
  /** The item's index in the heap, -1 while it is not in one. Written by the heap only. */
  place: number;
}

/**
 * A binary heap whose items know their place, so that taking one out of the middle costs O(log n).
 * The simulation cancels nearly as many timers as it arms: leaving dead ones in would make the heap mostly dead.
 */
export class EventHeap<T extends HeapItem> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    item.place = this.#items.length;
    this.#items.push(item);
    this.#rise(item);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes the item out; false when it is not in the heap. */
  remove(item: T): boolean {
    const place = item.place;
    if (place < 0) return false;
    item.place = -1;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#put(last, place);
      this.#rise(last);
      this.#sink(last);
    }
    return true;
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }

  #rise(item: T): void {
    while (item.place > 0) {
      const parent = this.#items[(item.place - 1) >> 1] as T;
      if (!this.#before(item, parent)) return;
      const place = parent.place;
      this.#put(parent, item.place);
      this.#put(item, place);
    }
  }

  #sink(item: T): void {
    for (;;) {
      const left = this.#items[item.place * 2 + 1];
      if (left === undefined) return;
      const right = this.#items[item.place * 2 + 2];
      const child = right !== undefined && this.#before(right, left) ? right : left;
      if (!this.#before(child, item)) return;
      const place = child.place;
      this.#put(child, item.place);
      this.#put(item, place);
    }
  }
}
