/** Opens LevelDB after a check of its files, and turns its errors into `StoreError`s that say what to do. */
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '@iot/connection';
import { ClassicLevel } from 'classic-level';
import { checkFiles, damaged, logsIn, repairFiles } from './check.js';
import { readState, type State } from './state.js';

export type Level = ClassicLevel<Buffer, Buffer>;

/**
 * At this size of its log LevelDB begins a new log and writes the content of the old one to a table. So a start reads at
 * most two logs of this size.
 */
const WRITE_BUFFER_BYTES = 1024 * 1024;

/**
 * Opens LevelDB in a folder that is a store or is to become one.
 *
 * @throws StoreError
 */
export async function openLevel(folder: string): Promise<Level> {
  try {
    await failIfLocked(folder);
    const state = await readState(folder);
    if (state === undefined) await removeUnfinished(folder);
    else await check(folder, state);
    return await open(folder, { createIfMissing: state === undefined });
  } catch (error) {
    throw storeError(folder, error);
  }
}

/** Opens LevelDB again after a failed write. It does not check the files: this process had the lock all the time. */
export async function openLevelAgain(folder: string): Promise<Level> {
  try {
    // If the folder was moved away, LevelDB would make a new one.
    await access(join(folder, 'CURRENT'));
    return await open(folder, { createIfMissing: false });
  } catch (error) {
    throw storeError(folder, error);
  }
}

/** True when the cause of the error is a full disk or quota. */
export function isDiskFull(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') return true;
    if (/No space left on device|Disk quota exceeded/.test(each.message)) return true;
  }
  return false;
}

/** Turns an error of reading or writing into a `StoreError` whose message says what to do. */
export function storeError(folder: string, error: unknown): Error {
  if (error instanceof StoreError) return error;
  const { code, message } = innermost(error);
  if (isDiskFull(error)) {
    const text = `the disk of ${folder} is full: make space, and start again`;
    return new StoreError('ERR_STORE_FAILED', text, { cause: error });
  }
  if (code === 'LEVEL_LOCKED') {
    return new StoreError(
      'ERR_STORE_LOCKED',
      `${folder} is in use: a store belongs to one process at a time. A server or a client with this folder has it open, or an iot-store command, or this process itself has opened it before. Stop that one, or give each process a folder of its own (fuser ${join(folder, 'LOCK')} names the process)`,
    );
  }
  if (/^E(ACCES|PERM|ROFS)$/.test(code) || /Permission denied|Read-only file system/.test(message)) {
    const text = `${folder} cannot be written (${message}): let the user of this process read and write the folder and its files, or use another folder`;
    return new StoreError('ERR_STORE_ACCESS', text, { cause: error });
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    const text = `${folder} is not a folder (${message}): use another path`;
    return new StoreError('ERR_STORE_ACCESS', text, { cause: error });
  }
  if (code === 'LEVEL_CORRUPTION') return damaged(folder, `is damaged (${message})`);
  return new StoreError('ERR_STORE_FAILED', `${folder} cannot be used: ${message}`, { cause: error });
}

async function open(
  folder: string,
  options: { readonly createIfMissing: boolean; readonly errorIfExists?: boolean },
): Promise<Level> {
  const level: Level = new ClassicLevel(folder, {
    ...options,
    writeBufferSize: WRITE_BUFFER_BYTES,
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
  });
  try {
    await level.open();
    return level;
  } catch (error) {
    await level.close();
    throw error;
  }
}

/**
 * Throws when another process has the lock. With `errorIfExists` LevelDB takes the lock, finds the database and fails
 * before it reads any of it.
 */
async function failIfLocked(folder: string): Promise<void> {
  if (!(await readdir(folder)).includes('CURRENT')) return;
  try {
    const level = await open(folder, { createIfMissing: false, errorIfExists: true });
    await level.close(); // LevelDB has opened: the database was deleted in the meantime
  } catch (error) {
    if (innermost(error).code === 'LEVEL_LOCKED') throw error;
  }
}

/**
 * Checks and repairs the files. If they seem damaged, it checks the lock again: another process may have opened the folder
 * since, and files that are being written look damaged.
 */
async function check(folder: string, state: State): Promise<void> {
  try {
    await repairFiles(folder, await checkFiles(folder, state));
  } catch (error) {
    await failIfLocked(folder);
    throw error;
  }
}

/**
 * Removes the files of an empty LevelDB database from a folder that has no iot-store.json. They are left by a process that
 * ended before the folder was a complete store.
 *
 * @throws StoreError `ERR_STORE_DAMAGED` when the database is not empty
 */
async function removeUnfinished(folder: string): Promise<void> {
  const names = await readdir(folder);
  const sizes = await Promise.all(logsIn(names).map(async (name) => (await stat(join(folder, name))).size));
  if (names.some((name) => /\.(ldb|sst)$/.test(name)) || sizes.some((size) => size > 0)) {
    throw damaged(
      folder,
      'holds a LevelDB database without an iot-store.json: another program has made it, or that file is lost',
    );
  }
  if (names.includes('CURRENT')) await ClassicLevel.destroy(folder);
}

function innermost(error: unknown): { readonly code: string; readonly message: string } {
  let inner = error;
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause;
  const { code = '', message = String(inner) } = (inner ?? {}) as { code?: string; message?: string };
  return { code, message };
}
