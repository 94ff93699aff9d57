/** What a commit can do to one session: each is planned from the head that it finds. */
import type { Entry } from '@iot/connection';
import { lastCheckpoint } from '@iot/connection/internal';
import type { Operation } from './database.js';
import { entryKey, sealed, type Head } from './records.js';

export interface Change {
  readonly id: string;
  /** About how many bytes it writes. */
  readonly bytes: number;
  /** Set by `plan`. */
  readonly answer: 'ok' | 'fenced' | 'more';
  /** Adds its operations, except the write of the head. Returns the new head; undefined when the head does not change. */
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

/** Most entries that one commit trims. */
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
