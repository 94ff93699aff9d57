import { EventEmitter, once } from 'node:events';

/** Lets a test wait for a condition, which is checked again after each event. */
export class News {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  tell(): void {
    this.#emitter.emit('news');
  }

  /**
   * Waits until `look` returns a value. Calls `look` now and after each event. Rejects with the error that
   * `look` throws.
   */
  async until<T>(look: () => T | false | null): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== false && found !== null) return found;
      await once(this.#emitter, 'news');
    }
  }
}
