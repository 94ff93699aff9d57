/** An item of the heap. The heap keeps `place` up to date, so that it can find the item. */
export interface HeapItem {
  /** The item's index in the heap, -1 while it is not in one. Written by the heap only. */
  place: number;
}

/**
 * A binary heap whose items store their index, so that removing an item from the middle costs O(log n). The
 * simulation cancels nearly as many timers as it sets. If canceled timers stayed in the heap, most of its
 * items would be canceled ones.
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

  /** Removes the item. Returns false if it is not in the heap. */
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
