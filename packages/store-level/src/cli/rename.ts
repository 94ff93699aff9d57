/** The command `rename`. */
import { UsageError } from '@iot/connection';
import { checkStoredId } from '@iot/connection/internal';
import type { Database, Operation } from '../database.js';
import { entryKey, headKey, sealed } from '../records.js';
import { readHead, readSession } from '../sessions.js';
import { shown } from './inspect.js';

/**
 * Moves the session of the id `from` to the id `to`, in one commit.
 *
 * @throws UsageError when `from` has no session, or `to` has a session already
 */
export async function rename(database: Database, from: string, to: string): Promise<void> {
  checkStoredId(to);
  const { folder } = database;
  if ((await database.read((level) => readHead(level, folder, to))) !== undefined) {
    throw new UsageError('ERR_BAD_ID', `there is a session of ${shown(to)} already: nothing was changed`);
  }
  const kept = await database.read((level) => readSession(level, folder, from, true));
  if (kept === undefined) {
    throw new UsageError(
      'ERR_BAD_ID',
      `there is no session of ${shown(from)} (iot-store inspect lists all ids)`,
    );
  }
  const moves = kept.entries.flatMap(([sequence, entry]): Operation[] => {
    const key = entryKey(to, sequence);
    return [
      { type: 'put', key, value: sealed(key, Buffer.from(JSON.stringify(entry))) },
      { type: 'del', key: entryKey(from, sequence) },
    ];
  });
  const key = headKey(to);
  const head = sealed(key, Buffer.from(JSON.stringify(kept.head)));
  await database.commit([...moves, { type: 'put', key, value: head }, { type: 'del', key: headKey(from) }]);
}
