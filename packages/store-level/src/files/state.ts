/**
 * Reads and writes `iot-store.json`. The file has what the next opening must know before LevelDB opens the folder. It is
 * written when the folder becomes a store. So a folder that has this file but no files of LevelDB is damaged, not new.
 */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StoreError } from '@iot/connection';

export type Durability = 'full' | 'relaxed';

export interface State {
  readonly format: number;
  /** The durability with which the store was opened last. */
  readonly durability: Durability;
  /** The length of each log by its name. Only present after an orderly close. */
  readonly closed?: Readonly<Record<string, number>> | undefined;
}

const STATE_FILE = 'iot-store.json';
export const FORMAT = 1;

/**
 * Reads the file. Returns undefined for a folder that is not a store yet.
 *
 * @throws StoreError `ERR_STORE_VERSION`, `ERR_STORE_DAMAGED`
 */
export async function readState(folder: string): Promise<State | undefined> {
  const path = join(folder, STATE_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const state = parse(text);
  if (state === undefined) {
    throw new StoreError(
      'ERR_STORE_DAMAGED',
      `${path} is damaged: restore the folder from a backup (iot-store restore); an intact file holds {"format":${FORMAT},"durability":"full"}`,
    );
  }
  if (state.format > FORMAT) {
    throw new StoreError(
      'ERR_STORE_VERSION',
      `${folder} was written by a newer version of @iot/store-level (format ${state.format}; this one knows ${FORMAT}): update the package, or use another folder`,
    );
  }
  return state;
}

export function writeState(folder: string, state: State): Promise<void> {
  return replaceFile(join(folder, STATE_FILE), `${JSON.stringify(state)}\n`);
}

/** Replaces a file. After a crash or a power loss either the old or the new content is there. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.new`;
  try {
    const file = await open(next, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
}

/** Makes all creates, renames and deletes of files in this folder durable. On Windows there is no call for that. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parse(text: string): State | undefined {
  try {
    const state = JSON.parse(text) as { [K in keyof State]?: unknown };
    const known = state.durability === 'full' || state.durability === 'relaxed';
    if (typeof state.format !== 'number' || (state.format <= FORMAT && !known)) return undefined;
    return state as State;
  } catch {
    return undefined;
  }
}
