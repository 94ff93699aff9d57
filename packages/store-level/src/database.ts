/**
 * The LevelDB of one folder, as the store uses it: one commit at a time, which is durable when it resolves, and reads.
 *
 * After a failed write LevelDB takes no other, and it is not known where its log ends. So LevelDB is opened again before
 * the next write: it reads its log up to the last whole record, and begins another one. While the disk is full everything
 * waits, and continues by itself when there is space.
 */
import { readdirSync } from 'node:fs';
import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError, type Logger } from '@iot/connection';
import { logsIn } from './files/check.js';
import { isDiskFull, openLevel, openLevelAgain, storeError, type Level } from './files/level.js';
import { FORMAT, syncFolder, writeState, type Durability } from './files/state.js';

export type Operation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };

export interface DatabaseOptions {
  readonly durability: Durability;
  readonly logger?: Logger | undefined;
}

/** How often the store tries whether there is space again. */
const FULL_DISK_RETRY_MS = 500;

export class Database {
  readonly folder: string;
  readonly #durability: Durability;
  readonly #logger: Logger | undefined;
  readonly #closing = new AbortController();
  /** Undefined after a write that has failed. */
  #level: Level | undefined;
  #opening: Promise<Level> | undefined;
  /** Resolves when LevelDB has closed after a failed write: until then it holds the lock. */
  #released: Promise<void> = Promise.resolve();
  /** The newest log whose name is durable. */
  #log: string | undefined;

  /** @throws StoreError */
  static async open(folder: string, options: DatabaseOptions): Promise<Database> {
    const database = new Database(resolve(folder), options);
    try {
      await makeFolder(database.folder);
      const level = await openLevel(database.folder);
      try {
        await writeState(database.folder, { format: FORMAT, durability: options.durability });
      } catch (error) {
        await level.close();
        throw error;
      }
      database.#level = level;
      return database;
    } catch (error) {
      throw storeError(database.folder, error);
    }
  }

  private constructor(folder: string, { durability, logger }: DatabaseOptions) {
    this.folder = folder;
    this.#durability = durability;
    this.#logger = logger;
  }

  /**
   * Does all of it or nothing; durable when it resolves. One at a time. While the disk is full it waits, and then does all
   * of it again: to write the same keys and values twice changes nothing.
   *
   * @throws StoreError after which it may have been done or not
   */
  async commit(operations: readonly Operation[]): Promise<void> {
    for (;;) {
      const level = await this.#opened();
      try {
        await this.#write(level, operations);
        await this.#syncNames();
        return;
      } catch (error) {
        this.#level = undefined;
        this.#released = level.close();
        await this.#released;
        if (!isDiskFull(error)) throw storeError(this.folder, error);
      }
    }
  }

  async #write(level: Level, operations: readonly Operation[]): Promise<void> {
    const batch = level.batch();
    for (const operation of operations) {
      if (operation.type === 'put') batch.put(operation.key, operation.value);
      else batch.del(operation.key);
    }
    await batch.write({ sync: this.#durability === 'full' });
  }

  /**
   * Reads; again from the beginning when LevelDB was opened again in the meantime.
   *
   * @throws StoreError
   */
  async read<T>(act: (level: Level) => Promise<T>): Promise<T> {
    for (;;) {
      const level = await this.#opened();
      try {
        return await act(level);
      } catch (error) {
        if (this.#level === level) throw storeError(this.folder, error);
      }
    }
  }

  /** From now on a full disk is an error: nothing waits for space. */
  stopWaiting(): void {
    this.#closing.abort();
  }

  /** After the last commit and the last read. */
  async close(): Promise<void> {
    if (this.#level === undefined) return;
    await this.#level.close();
    try {
      const names = logsIn(await readdir(this.folder));
      const logs = await Promise.all(
        names.map(async (name) => [name, await this.#lengthOnDisk(name)] as const),
      );
      const closed = Object.fromEntries(logs);
      await writeState(this.folder, { format: FORMAT, durability: this.#durability, closed });
    } catch (error) {
      // Without this record the next opening takes a damaged end of the log for a torn one. Nothing else needs it.
      if (!isDiskFull(error)) throw storeError(this.folder, error);
    }
  }

  async #lengthOnDisk(name: string): Promise<number> {
    const path = join(this.folder, name);
    if (this.#durability === 'full') return (await stat(path)).size;
    const file = await open(path, 'r+');
    try {
      await file.sync();
      return (await file.stat()).size;
    } finally {
      await file.close();
    }
  }

  /** LevelDB, opened again if need be. */
  async #opened(): Promise<Level> {
    if (this.#level !== undefined) return this.#level;
    this.#opening ??= this.#openAgain().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #openAgain(): Promise<Level> {
    await this.#released;
    for (let full = false; ; full = true) {
      try {
        const level = await openLevelAgain(this.folder);
        this.#level = level;
        this.#log = undefined;
        this.#logger?.info({ folder: this.folder }, 'the store goes on');
        return level;
      } catch (error) {
        if (!isDiskFull(error)) throw storeError(this.folder, error);
        if (!full) {
          const text =
            'the disk of the store is full: nothing is acked and nothing is sent until there is space';
          this.#logger?.warn({ folder: this.folder }, text);
        }
        await this.#waitForSpace();
      }
    }
  }

  async #waitForSpace(): Promise<void> {
    const { signal } = this.#closing;
    await sleep(FULL_DISK_RETRY_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) return;
    throw new StoreError(
      'ERR_STORE_FAILED',
      `the disk of ${this.folder} is full: make space. What was to be written last may be there or not`,
    );
  }

  /** A synced file can lose its name in a power loss, and LevelDB does not sync the folder when it begins a log. */
  async #syncNames(): Promise<void> {
    if (this.#durability === 'relaxed') return;
    const newest = logsIn(readdirSync(this.folder)).at(-1);
    if (newest === this.#log) return;
    await syncFolder(this.folder);
    this.#log = newest;
  }
}

/**
 * Makes it and those above it that are not there; their names are durable. Only this user can read them: they hold the text
 * of lines.
 */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first) return;
  }
}
