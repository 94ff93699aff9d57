/** What several commands share: opening an existing store and reading all its sessions. */
import { StoreError } from '@iot/connection';
import { Database } from '../database.js';
import { storeError } from '../files/level.js';
import { readState, type Durability } from '../files/state.js';
import { readIds, readSession, type KeptSession } from '../sessions.js';

/** Opens an existing store with the durability with which it was opened last. */
export async function openExisting(folder: string): Promise<Database> {
  const state = await readState(folder).catch((error: unknown) => {
    throw storeError(folder, error);
  });
  if (state === undefined) {
    throw new StoreError('ERR_STORE_ACCESS', `there is no store in ${folder}: it has no iot-store.json`);
  }
  return openToFail(folder, state.durability);
}

/** Opens a store whose calls fail on a full disk, instead of waiting for space. */
export async function openToFail(folder: string, durability: Durability): Promise<Database> {
  const database = await Database.open(folder, { durability });
  database.stopWaiting();
  return database;
}

/** Yields the id and the session of all ids, with all entries that have not been trimmed. */
export async function* allSessions(database: Database): AsyncGenerator<readonly [string, KeptSession]> {
  for await (const id of readIds(database.folder, (act) => database.read(act))) {
    const kept = await database.read((level) => readSession(level, database.folder, id, true));
    if (kept !== undefined) yield [id, kept];
  }
}
