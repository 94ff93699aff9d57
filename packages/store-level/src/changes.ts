/**
 * The two changes of a session: `Appending` adds entries, `Trimming` deletes the oldest ones. A session is stored as a log
 * of numbered entries and a head, the record of which entries exist (records.ts). `plan` makes the operations of a change
 * from the head at the time of the commit.
 */
import type { Entry } from '@iot/connection';
import { lastCheckpoint } from '@iot/connection/internal';
import type { Operation } from './database.js';
import { entryKey, sealed, type Head } from './records.js';

export interface Change {
  readonly id: string;
  /** The approximate number of bytes that the change writes. */
  readonly bytes: number;
  /**
   * Valid after `plan`. `fenced`: the last sequence number is not the expected one, and nothing was changed. `more`: entries
   * are left for another `Trimming`.
   */
  readonly answer: 'ok' | 'fenced' | 'more';
  /**
   * Adds the operations of the change to `operations`. The caller writes the head. Returns the new head, or undefined when
   * the head does not change.
   */
  plan(head: Head | undefined, operations: Operation[]): Head | undefined;
}

export class Appending implements Change {
  readonly id: string;
  readonly bytes: number;
  answer: 'ok' | 'fenced' = 'ok';
  readonly #expected: number;
  readonly #entries: readonly Buffer[];
  readonly #checkpoint: number;

  constructor(id: string, expected: number, entries: readonly Entry[]) {
    this.id = id;
    this.#expected = expected;
    this.#entries = entries.map((entry) => Buffer.from(JSON.stringify(entry)));
    this.#checkpoint = lastCheckpoint(entries);
    this.bytes = this.#entries.reduce((sum, { length }) => sum + length, 0);
  }

  plan(head: Head | undefined, operations: Operation[]): Head | undefined {
    const { first, last, checkpoint } = head ?? { first: 1, last: 0, checkpoint: 0 };
    this.answer = last === this.#expected ? 'ok' : 'fenced';
    if (this.answer === 'fenced' || this.#entries.length === 0) return undefined;
    for (const [at, json] of this.#entries.entries()) {
      const key = entryKey(this.id, last + 1 + at);
      operations.push({ type: 'put', key, value: sealed(key, json) });
    }
    return {
      first,
      last: last + this.#entries.length,
      checkpoint: this.#checkpoint === -1 ? checkpoint : last + 1 + this.#checkpoint,
    };
  }
}

/** Maximum number of entries that one `Trimming` deletes, so that a commit does not take long. */
const MOST_TRIMMED = 1000;

export class Trimming implements Change {
  readonly id: string;
  readonly bytes: number;
  answer: 'ok' | 'more' = 'ok';
  readonly #before: number;

  constructor(id: string, before: number) {
    this.id = id;
    this.#before = before;
    this.bytes = MOST_TRIMMED * (id.length + 20);
  }

  plan(head: Head | undefined, operations: Operation[]): Head | undefined {
    if (head === undefined) return undefined;
    const end = Math.min(this.#before, head.last + 1);
    const first = Math.min(end, head.first + MOST_TRIMMED);
    this.answer = first < end ? 'more' : 'ok';
    if (first <= head.first) return undefined;
    for (let sequence = head.first; sequence < first; sequence += 1) {
      operations.push({ type: 'del', key: entryKey(this.id, sequence) });
    }
    return { ...head, first };
  }
}
