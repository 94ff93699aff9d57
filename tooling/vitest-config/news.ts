import { EventEmitter, once } from 'node:events';

/** Wakes a test that waits for something, each time that something has happened. */
export class News {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  tell(): void {
    this.#emitter.emit('news');
  }

  /** Waits until `look` gives something: calls it now, and after each piece of news. Rejects with what it throws. */
  async until<T>(look: () => T | false | null): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== false && found !== null) return found;
      await once(this.#emitter, 'news');
    }
  }
}
