interface Item {
  readonly bytes: Uint8Array;
  readonly sent: ((now: number) => void) | undefined;
}

/** What waits for the socket, one write each, and who is to be told when it went out. */
export class OutQueue {
  #items: Item[] = [];
  #pressed = false;

  get size(): number {
    return this.#items.length;
  }

  push(bytes: Uint8Array, sent?: (now: number) => void): void {
    this.#items.push({ bytes, sent });
  }

  /** A full socket: an original sleeps and tries again for as long as it takes. */
  backPressure(on: boolean): void {
    this.#pressed = on;
  }

  take(now: number): Uint8Array | undefined {
    if (this.#pressed) return undefined;
    const item = this.#items.shift();
    item?.sent?.(now);
    return item?.bytes;
  }

  /** The link is gone, and what waited for it. */
  clear(): void {
    this.#items = [];
    this.#pressed = false;
  }
}
