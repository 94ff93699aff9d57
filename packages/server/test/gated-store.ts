import { memoryStore, type Entry, type SessionStore, type StoredSession } from '@iot/connection';
import { turn } from './board.js';

type Call = 'load' | 'append';

/** A store whose calls wait until they are let go, if they are held. */
export class GatedStore implements SessionStore {
  /** Which calls wait. */
  held: Call | undefined;
  /** The ids of loads, and the kinds of entries of appends, in the order in which they were asked for. */
  readonly asked: string[] = [];
  readonly #store: SessionStore;
  readonly #waiting: ((error?: Error) => void)[] = [];

  constructor(held?: Call, store: SessionStore = memoryStore()) {
    this.held = held;
    this.#store = store;
  }

  /** Resolves once this many calls wait. */
  async waits(calls: number): Promise<void> {
    while (this.#waiting.length < calls) await turn();
  }

  /** Lets the oldest call that waits go on, or fail. */
  letGo(error?: Error): void {
    this.#waiting.shift()?.(error);
  }

  /** Lets all go on from now on. */
  open(): void {
    this.held = undefined;
    for (const each of this.#waiting.splice(0)) each();
  }

  async load(id: string): Promise<StoredSession | undefined> {
    await this.#pass('load', id);
    return this.#store.load(id);
  }

  async append(id: string, expected: number, entries: readonly Entry[]): Promise<'ok' | 'fenced'> {
    await this.#pass('append', entries.map(({ kind }) => kind).join(' '));
    return this.#store.append(id, expected, entries);
  }

  read(id: string, from: number): AsyncIterable<readonly [sequence: number, entry: Entry]> {
    return this.#store.read(id, from);
  }

  trim(id: string, before: number): Promise<void> {
    return this.#store.trim(id, before);
  }

  ids(): AsyncIterable<string> {
    return this.#store.ids();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #pass(call: Call, asks: string): Promise<void> {
    this.asked.push(asks);
    if (this.held !== call) return;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push((error) => (error === undefined ? resolve() : reject(error)));
    });
  }
}
