import { StoreError } from '@iot/connection';
import { Database } from '../database.js';
import { storeError } from '../files/level.js';
import { readState, type Durability } from '../files/state.js';
import { readIds, readSession, type KeptSession } from '../sessions.js';

/** Opens an existing store, with its durability. */
export async function openExisting(folder: string): Promise<Database> {
  const state = await readState(folder).catch((error: unknown) => {
    throw storeError(folder, error);
  });
  if (state === undefined) {
    throw new StoreError('ERR_STORE_ACCESS', `there is no store in ${folder}: it has no iot-store.json`);
  }
  return openToFail(folder, state.durability);
}

/** On a full disk a command fails instead of waiting. */
export async function openToFail(folder: string, durability: Durability): Promise<Database> {
  const database = await Database.open(folder, { durability });
  database.stopWaiting();
  return database;
}

/** The sessions of all ids, with all entries that have not been trimmed. */
export async function* allSessions(database: Database): AsyncGenerator<readonly [string, KeptSession]> {
  for await (const id of readIds(database.folder, (act) => database.read(act))) {
    const kept = await database.read((level) => readSession(level, database.folder, id, true));
    if (kept !== undefined) yield [id, kept];
  }
}
