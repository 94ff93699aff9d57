/**
 * What is traced: sessions are appended to and trimmed, and the store is closed and opened again in between. Each step is
 * marked in a file beside the folder, `begin` before an append, `ok` after it and `trim` before a trim, so that the trace
 * says what was promised when.
 *
 *   workload FOLDER MARKS DURABILITY
 */
import { openSync, writeSync } from 'node:fs';
import { levelStore, type Durability, type LevelStore } from '../../src/index.js';
import { entryOf, type Mark } from './promises.js';

const [, , folder = '', marksPath = '', durability = 'full'] = process.argv;
const SESSIONS = 16;
const ROUNDS = 6;
const APPENDS = 15;

const marks = openSync(marksPath, 'w');
const lasts = new Map<string, number>();

for (let round = 0; round < ROUNDS; round += 1) {
  await using store = await levelStore(folder, { durability: durability as Durability });
  await Promise.all(Array.from({ length: SESSIONS }, (_, at) => session(store, `board ${at}`)));
}

async function session(store: LevelStore, id: string): Promise<void> {
  for (let append = 0; append < APPENDS; append += 1) {
    const last = lasts.get(id) ?? 0;
    const count = 1 + ((append + id.length) % 3);
    const entries = Array.from({ length: count }, (_, at) => entryOf(id, last + 1 + at));
    mark({ what: 'begin', id, last: last + count });
    await store.append(id, last, entries);
    mark({ what: 'ok', id, last: last + count });
    lasts.set(id, last + count);
    if (append % 5 !== 4) continue;
    mark({ what: 'trim', id, last: last - 5 });
    await store.trim(id, last - 5);
  }
}

function mark(mark: Mark): void {
  writeSync(marks, `${JSON.stringify(mark)}\n`);
}
