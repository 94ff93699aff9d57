/**
 * The floor for stored lines: lines are appended to a file and synced, one after the other, without a
 * network.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { eachLine, type Adapter } from './contestant.js';
import { folderOnDisk } from './disk.js';

export const fdatasync: Adapter = {
  serve: () => Promise.resolve({}),

  async connect(_endpoint, _mode, number) {
    // One file for any number of clients.
    if (number > 0) return { run: () => Promise.resolve({ sent: 0, arrived: 0 }) };
    const file = await open(join(folderOnDisk('floor'), 'lines'), 'a');
    const one = eachLine(async (line) => {
      await file.write(`${line}\n`);
      await file.datasync();
    });
    return { run: (load, took) => one.run({ ...load, inFlight: 1 }, took) };
  },
};
