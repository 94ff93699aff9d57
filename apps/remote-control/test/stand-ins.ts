/** What the apps are given in tests. Each keeps what it is told, and wakes who waits for it. */
import { EventEmitter, once } from 'node:events';
import type { Led } from '../src/led.js';
import type { Log } from '../src/log.js';

export class TestLog implements Log {
  readonly notes: string[] = [];
  readonly states: boolean[] = [];
  readonly nonsenses: string[] = [];
  readonly troubles: string[] = [];
  readonly #news = new EventEmitter();

  note(text: string): void {
    this.#keep(this.notes, text);
  }
  state(up: boolean): void {
    this.#keep(this.states, up);
  }
  nonsense(line: string): void {
    this.#keep(this.nonsenses, line);
  }
  trouble(message: string): void {
    this.#keep(this.troubles, message);
  }

  /** Waits until there are so many of these. */
  async has(what: 'notes' | 'states' | 'nonsenses' | 'troubles', count: number): Promise<void> {
    while (this[what].length < count) await once(this.#news, 'news');
  }

  #keep<T>(list: T[], item: T): void {
    list.push(item);
    this.#news.emit('news');
  }
}

export class TestLed implements Led {
  readonly shown: boolean[] = [];
  readonly #news = new EventEmitter();

  show(on: boolean): void {
    this.shown.push(on);
    this.#news.emit('news');
  }

  /** Waits until it has been switched so often. */
  async has(count: number): Promise<void> {
    while (this.shown.length < count) await once(this.#news, 'news');
  }
}
