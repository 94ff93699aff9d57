/**
 * `Database` is the LevelDB database of one folder. It has commits, one at a time, and reads. A commit is durable (it
 * survives a power loss) when its promise resolves, unless the option `durability` is `relaxed`.
 *
 * After a failed write LevelDB accepts no further write, and the end of its log is unknown. So the next call opens LevelDB
 * again. LevelDB then reads its log up to the last complete record and begins a new log. While the disk is full, all calls
 * wait. They continue by themselves when there is space.
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

/** Interval at which the store checks whether a full disk has space again. */
const FULL_DISK_RETRY_MS = 500;

export class Database {
  readonly folder: string;
  readonly #durability: Durability;
  readonly #logger: Logger | undefined;
  readonly #closing = new AbortController();
  /** Undefined after a failed write, until LevelDB is opened again. */
  #level: Level | undefined;
  #opening: Promise<Level> | undefined;
  /** Resolves when LevelDB has closed after a failed write. Until then it has the lock of the folder. */
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
   * Does all operations or none of them. Only one call may be in progress. When the disk is full, it waits for space and
   * then writes all operations again. Writing the same keys and values twice has the same result as writing them once.
   *
   * @throws StoreError when the write failed; the operations may then have been done or not
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
   * Calls `act` with LevelDB. Calls it again when it fails because LevelDB was closed and opened again in the meantime.
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

  /** From now on calls fail when the disk is full, instead of waiting for space. */
  stopWaiting(): void {
    this.#closing.abort();
  }

  /** Closes LevelDB. Call it after the last commit and the last read have ended. */
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
      // Only the check for damage needs this record: without it, damage at the end of a log looks like a torn end.
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

  /** Returns LevelDB. Opens it again after a failed write. */
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
      `the disk of ${this.folder} is full: make space. The last write may have been done or not`,
    );
  }

  /**
   * Syncs the folder when LevelDB has begun a new log. LevelDB syncs only the file, so a power loss could remove its name
   * from the folder.
   */
  async #syncNames(): Promise<void> {
    if (this.#durability === 'relaxed') return;
    const newest = logsIn(readdirSync(this.folder)).at(-1);
    if (newest === this.#log) return;
    await syncFolder(this.folder);
    this.#log = newest;
  }
}

/**
 * Makes the folder and its missing parents, and makes their names durable. Only the current user can read them, because
 * the store contains the text of lines.
 */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first) return;
  }
}
