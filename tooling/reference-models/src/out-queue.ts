interface Item {
  readonly bytes: Uint8Array;
  readonly sent: ((now: number) => void) | undefined;
}

/** The writes that wait for the socket, with a callback for each, which is called when the write was sent. */
export class OutQueue {
  #items: Item[] = [];
  #pressed = false;

  get size(): number {
    return this.#items.length;
  }

  push(bytes: Uint8Array, sent?: (now: number) => void): void {
    this.#items.push({ bytes, sent });
  }

  /** The socket is full: an original sleeps and retries without limit. */
  backPressure(on: boolean): void {
    this.#pressed = on;
  }

  take(now: number): Uint8Array | undefined {
    if (this.#pressed) return undefined;
    const item = this.#items.shift();
    item?.sent?.(now);
    return item?.bytes;
  }

  /** The link has ended: discards the waiting writes. */
  clear(): void {
    this.#items = [];
    this.#pressed = false;
  }
}
