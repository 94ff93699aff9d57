/** A store in memory, for tests: the interface is in `port.ts`. */
import { ClosedError } from '@iot/framing';
import { checkStoredId, lastCheckpoint } from './check-append.js';
import type { Entry, StoredSession } from '@iot/qos';
import type { SessionStore } from './port.js';

/** The log of one id. */
interface Log {
  /** The number of the last entry. */
  last: number;
  /** The entries that have not been trimmed, in order. They are kept as JSON, so that each caller gets its own objects. */
  entries: string[];
}

/** A store in memory, for tests. Its data is lost with the process. */
export interface MemoryStore extends SessionStore {
  /**
   * Opens the same data again, as another process would. Both stores may be open at once: `append` of one returns `fenced`
   * after an append of the other.
   */
  reopen(): MemoryStore;
}

/** Makes an empty store in memory, for tests. It passes `storeContract`. Its data is lost with the process. */
export function memoryStore(): MemoryStore {
  return new Memory(new Map());
}

class Memory implements MemoryStore {
  readonly #logs: Map<string, Log>;
  #closed = false;

  constructor(logs: Map<string, Log>) {
    this.#logs = logs;
  }

  reopen(): MemoryStore {
    return new Memory(this.#logs);
  }

  async load(id: string): Promise<StoredSession | undefined> {
    await this.#turn();
    const log = this.#logs.get(id);
    if (log === undefined) return undefined;
    const entries = numbered(log);
    const from = lastCheckpoint(entries.map(([, entry]) => entry));
    return { last: log.last, entries: entries.slice(Math.max(from, 0)) };
  }

  async *read(id: string, from: number): AsyncGenerator<readonly [sequence: number, entry: Entry]> {
    await this.#turn();
    const log = this.#logs.get(id);
    if (log !== undefined) yield* numbered(log, from);
  }

  async append(id: string, expected: number, entries: readonly Entry[]): Promise<'ok' | 'fenced'> {
    checkStoredId(id);
    const added = entries.map((entry) => JSON.stringify(entry));
    await this.#turn();
    const log = this.#logs.get(id) ?? { last: 0, entries: [] };
    if (log.last !== expected) return 'fenced';
    if (added.length === 0) return 'ok';
    log.last += added.length;
    log.entries.push(...added);
    this.#logs.set(id, log);
    return 'ok';
  }

  async trim(id: string, before: number): Promise<void> {
    await this.#turn();
    const log = this.#logs.get(id);
    if (log === undefined) return;
    const keep = Math.min(Math.max(log.last - before + 1, 0), log.entries.length);
    log.entries = log.entries.slice(log.entries.length - keep);
  }

  async *ids(): AsyncGenerator<string> {
    for (const id of [...this.#logs.keys()]) {
      await this.#turn();
      yield id;
    }
    await this.#turn();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.resolve();
  }

  /** Every call is answered in a later microtask, as calls of a real store never answer at once. */
  async #turn(): Promise<void> {
    if (this.#closed) throw new ClosedError('the store was closed here');
    await Promise.resolve();
  }
}

/** The entries of a log from this number on, each with its number. */
function numbered({ last, entries }: Log, from = 0): (readonly [sequence: number, entry: Entry])[] {
  const first = last - entries.length + 1;
  const skipped = Math.max(from - first, 0);
  return entries.slice(skipped).map((json, at) => [first + skipped + at, JSON.parse(json) as Entry]);
}
