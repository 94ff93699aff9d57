/**
 * `levelStore` opens a store of sessions in a folder. A session is the state of the communication with one peer id. The
 * store has a log of entries for each id. `append` adds entries, `trim` deletes the oldest ones, `load` and `read` return
 * them.
 *
 * Theory of operation: changes are written in commits, one at a time. Changes of all sessions that are requested while a
 * commit is in flight wait, and go together into the next commit: one LevelDB batch with one sync. A large trim is
 * divided over several commits.
 */
import {
  ClosedError,
  UsageError,
  type Entry,
  type Logger,
  type SessionStore,
  type StoredSession,
} from '@iot/connection';
import { checkStoredId, Emitter, LOG_LEVELS, withDefaults } from '@iot/connection/internal';
import { requireKnownOptions, requireMethods, requireOneOf } from '@iot/qos/internal';
import { Appending, Trimming, type Change } from './changes.js';
import { Database, type Operation } from './database.js';
import type { Durability } from './files/state.js';
import { headKey, sealed, type Head } from './records.js';
import { readHead, readIds, readPage, readSession } from './sessions.js';

export interface LevelStoreOptions {
  /**
   * `full` (the default): when an append resolves, it is on the disk and survives a power loss. `relaxed`: when an append
   * resolves, the operating system has it. It survives a crash of the process. A power loss loses the appends of the last
   * seconds, up to some tens of seconds, although their lines were acked.
   */
  readonly durability?: Durability | undefined;
  /** Gets a warning when the disk is full, and an info message when the store continues. Default: none. */
  readonly logger?: Logger | undefined;
}

const DEFAULTS = {
  /** By default an acked line survives a power loss. */
  durability: 'full' as Durability,
  logger: undefined as Logger | undefined,
};

/** A commit that has ended: one batch with one sync, for all the appends and trims that were waiting. */
export interface Commit {
  /** Duration of the commit in ms, including a wait for space on a full disk. */
  readonly ms: number;
  /** True when the commit has failed; its appends have rejected. */
  readonly failed: boolean;
}

/** A store in a folder. Only one process at a time can open the folder. `await using` closes the store. */
export interface LevelStore extends SessionStore, AsyncDisposable {
  /** The folder, as an absolute path. */
  readonly folder: string;

  /**
   * Calls `listener` after each commit. Calling the returned function stops it. An error thrown by the listener becomes an
   * uncaught exception.
   */
  onCommit(listener: (commit: Commit) => void): () => void;
}

/**
 * Opens the store in this folder. Makes the folder and the store if they do not exist; only the user of the process can
 * read a folder that was made here. To find damage, it reads all files of the folder once, which takes some seconds for
 * each gigabyte.
 *
 * @throws StoreError `ERR_STORE_LOCKED` when a process has the folder open; `ERR_STORE_ACCESS` when the folder cannot be
 * written; `ERR_STORE_VERSION` when a newer version of this package has written the store; `ERR_STORE_DAMAGED` when a file
 * is damaged; `ERR_STORE_FAILED` for another failure. The message names the folder or the file.
 * @throws UsageError `ERR_BAD_OPTION` for a value that cannot work, or an unknown option
 */
export async function levelStore(folder: string, options: LevelStoreOptions = {}): Promise<LevelStore> {
  requireKnownOptions(options, Object.keys(DEFAULTS));
  const { durability, logger } = withDefaults(DEFAULTS, options);
  requireOneOf('durability', durability, ['full', 'relaxed']);
  if (logger !== undefined) requireMethods('logger', logger, LOG_LEVELS);
  if (typeof folder !== 'string' || folder === '') {
    throw new UsageError('ERR_BAD_OPTION', 'the folder of a store must be a path');
  }
  return new Store(await Database.open(folder, { durability, logger }));
}

/** Maximum size of one commit, so that a commit does not take long. A single append that is larger is its own commit. */
const MOST_BYTES = 256 * 1024;

/** Maximum number of heads in memory, so that memory does not grow with each id. Other heads are read from the disk. */
const MOST_HEADS = 10_000;

/** A change that waits for its commit. */
interface Waiting {
  readonly change: Change;
  readonly resolve: (answer: Change['answer']) => void;
  readonly reject: (error: unknown) => void;
}

class Store implements LevelStore {
  readonly #database: Database;
  /**
   * The heads of recently changed ids. `append` compares `expected` with `last` of the head (this is the fence). So a head is
   * added only when its commit has succeeded.
   */
  readonly #heads = new Map<string, Head>();
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined;
  readonly #reading = new Set<Promise<unknown>>();
  readonly #commits = new Emitter<{ commit: [Commit] }>(['commit']);
  #closed: Promise<void> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  get folder(): string {
    return this.#database.folder;
  }

  onCommit(listener: (commit: Commit) => void): () => void {
    return this.#commits.on('commit', listener);
  }

  async load(id: string): Promise<StoredSession | undefined> {
    const kept = await this.#read(() => this.#database.read((level) => readSession(level, this.folder, id)));
    return kept && { last: kept.head.last, entries: kept.entries };
  }

  async append(id: string, expected: number, entries: readonly Entry[]): Promise<'ok' | 'fenced'> {
    checkStoredId(id);
    const appending = new Appending(id, expected, entries);
    await this.#change(appending);
    return appending.answer;
  }

  async *read(id: string, from: number): AsyncGenerator<readonly [sequence: number, entry: Entry]> {
    const pageFrom = (next: number) =>
      this.#read(() => this.#database.read((level) => readPage(level, this.folder, id, next)));
    for (let page = await pageFrom(from); page.length > 0; page = await pageFrom(page.at(-1)![0] + 1))
      yield* page;
  }

  async trim(id: string, before: number): Promise<void> {
    let trimming: Trimming;
    do {
      trimming = new Trimming(id, before);
      await this.#change(trimming);
    } while (trimming.answer === 'more');
  }

  ids(): AsyncIterable<string> {
    return readIds(this.folder, (act) => this.#read(() => this.#database.read(act)));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#database.stopWaiting();
    await this.#committing;
    await Promise.allSettled(this.#reading);
    await this.#database.close();
  }

  async #read<T>(act: () => Promise<T>): Promise<T> {
    this.#throwIfClosed();
    const reading = act();
    this.#reading.add(reading);
    try {
      return await reading;
    } finally {
      this.#reading.delete(reading);
    }
  }

  async #change(change: Change): Promise<void> {
    this.#throwIfClosed();
    const done = new Promise<unknown>((resolve, reject) => this.#waiting.push({ change, resolve, reject }));
    this.#committing ??= this.#commitAll();
    await done;
  }

  async #commitAll(): Promise<void> {
    // Wait one microtask: all calls that are made in it go into one commit.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#commit(this.#takeGroup());
    this.#committing = undefined;
  }

  #takeGroup(): readonly Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex(({ change }, at) => (bytes += change.bytes) > MOST_BYTES && at > 0);
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const heads = new Map<string, Head>();
    const operations: Operation[] = [];
    const planned: Waiting[] = [];
    for (const waiting of group) {
      const { change, reject } = waiting;
      try {
        const head = heads.get(change.id) ?? (await this.#head(change.id));
        const changed = change.plan(head, operations);
        if (changed !== undefined) heads.set(change.id, changed);
        planned.push(waiting);
      } catch (error) {
        reject(error);
      }
    }
    try {
      await this.#write(heads, operations);
      if (this.#heads.size > MOST_HEADS) this.#heads.clear();
      for (const [id, head] of heads) this.#heads.set(id, head);
      for (const { change, resolve } of planned) resolve(change.answer);
    } catch (error) {
      for (const id of heads.keys()) this.#heads.delete(id);
      for (const { reject } of planned) reject(error);
    }
  }

  async #write(heads: ReadonlyMap<string, Head>, operations: readonly Operation[]): Promise<void> {
    if (heads.size === 0) return;
    const puts = Array.from(heads, ([id, head]) => {
      const key = headKey(id);
      return { type: 'put', key, value: sealed(key, Buffer.from(JSON.stringify(head))) } as const;
    });
    const began = performance.now();
    let failed = true;
    try {
      await this.#database.commit([...operations, ...puts]);
      failed = false;
    } finally {
      this.#commits.emit('commit', { ms: performance.now() - began, failed });
    }
  }

  async #head(id: string): Promise<Head | undefined> {
    const known = this.#heads.get(id);
    return known ?? this.#database.read((level) => readHead(level, this.folder, id));
  }

  #throwIfClosed(): void {
    if (this.#closed !== undefined) throw new ClosedError('the store was closed here');
  }
}
