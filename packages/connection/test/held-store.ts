import type { Entry } from '@iot/qos';
import { StoreError } from '@iot/framing';
import { memoryStore, type SessionStore, type StoredSession } from '../src/index.js';

/** What becomes of an append: it happens and is answered, or fails though it happens, at once or late, or fails. */
type Fate = 'ok' | 'happens, and fails' | 'happens late, and fails' | 'fails';

/** A store that appends when the test says so. */
export class HeldStore implements SessionStore {
  #store = memoryStore();
  readonly #held: ((fate: Fate) => void)[] = [];
  /** The kinds of entries of each append that was asked for. */
  readonly asked: string[][] = [];
  readonly trimmed: number[] = [];
  /** Appends that were said to have failed, and happen when they are called. */
  readonly late: (() => Promise<unknown>)[] = [];
  /** Why nothing can be loaded. */
  loadFails: Error | undefined;

  /** Lets the oldest append that waits meet this fate. */
  answer(fate: Fate = 'ok'): void {
    const next = this.#held.shift();
    if (next === undefined) throw new Error('no append waits');
    next(fate);
  }

  get waiting(): number {
    return this.#held.length;
  }

  load(id: string): Promise<StoredSession | undefined> {
    return this.loadFails === undefined ? this.#store.load(id) : Promise.reject(this.loadFails);
  }

  async append(id: string, expected: number, entries: readonly Entry[]): Promise<'ok' | 'fenced'> {
    this.asked.push(entries.map(({ kind }) => kind));
    const fate = await new Promise<Fate>((resolve) => this.#held.push(resolve));
    const append = () => this.#store.append(id, expected, entries);
    if (fate === 'happens late, and fails') this.late.push(append);
    const answer = fate === 'ok' || fate === 'happens, and fails' ? await append() : 'fenced';
    if (fate !== 'ok') throw new StoreError('ERR_STORE_FAILED', 'the disk is full');
    return answer;
  }

  /** Another process appends. */
  async intrude(id: string): Promise<void> {
    const last = (await this.#store.load(id))?.last ?? 0;
    await this.#store.append(id, last, [{ kind: 'owner', epoch: 'another', node: 'another' }]);
  }

  /** What was stored is gone. */
  goesBack(): void {
    this.#store = memoryStore();
  }

  read(id: string, from: number): AsyncIterable<readonly [sequence: number, entry: Entry]> {
    return this.#store.read(id, from);
  }

  trim(id: string, before: number): Promise<void> {
    this.trimmed.push(before);
    return this.#store.trim(id, before);
  }

  ids(): AsyncIterable<string> {
    return this.#store.ids();
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
