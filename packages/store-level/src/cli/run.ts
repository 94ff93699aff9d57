/** Runs one command of `iot-store`. */
import { resolve } from 'node:path';
import type { Database } from '../database.js';
import { backup, restore } from './backup.js';
import { allSessions, openExisting } from './existing.js';
import { inspect, shown } from './inspect.js';
import { rename } from './rename.js';
import type { Command } from './settings.js';
import { bytesIn, size } from './size.js';

/** @param say called with each line to print */
export async function run(command: Command, say: (line: string) => void): Promise<void> {
  const folder = resolve(command.folder);
  if (command.name === 'restore') {
    say(await restore(folder, command.file));
    return;
  }
  const database = await openExisting(folder);
  try {
    await look(database, command, say);
  } finally {
    await database.close();
  }
}

async function look(
  database: Database,
  command: Exclude<Command, { readonly name: 'restore' }>,
  say: (line: string) => void,
): Promise<void> {
  switch (command.name) {
    case 'inspect':
      return inspect(database, command.lines, say);
    case 'verify':
      return say(await verify(database));
    case 'compact':
      return say(await compact(database));
    case 'backup':
      return say(await backup(database, command.file));
    case 'rename':
      await rename(database, command.from, command.to);
      return say(`the session of ${shown(command.from)} is that of ${shown(command.to)} now`);
  }
}

/** Reads all entries, which checks them. The files were checked when the store was opened. */
async function verify(database: Database): Promise<string> {
  let [sessions, count] = [0, 0];
  for await (const [, { entries }] of allSessions(database)) {
    sessions += 1;
    count += entries.length;
  }
  return `whole: ${sessions} sessions, ${count} entries, ${size(await bytesIn(database.folder))}`;
}

async function compact(database: Database): Promise<string> {
  const before = await bytesIn(database.folder);
  await database.read((level) => level.compactRange(Buffer.of(0), Buffer.of(255)));
  return `${size(await bytesIn(database.folder))}, before it was ${size(before)}`;
}
