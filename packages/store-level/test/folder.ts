import { execFile } from 'node:child_process';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Entry } from '@iot/connection';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { onTestFinished } from 'vitest';
import { levelStore, type LevelStore, type LevelStoreOptions } from '../src/index.js';

const run = promisify(execFile);

/** A store that is closed at the end of the test, if it has not been before. */
export async function opened(folder: string, options?: LevelStoreOptions): Promise<LevelStore> {
  const store = await levelStore(folder, options);
  onTestFinished(() => store.close());
  return store;
}

export function line(text: string): Entry {
  return { kind: 'in', version: 2, epoch: 'ff', number: 1, line: text, at: 0 };
}

/** A disk of this size, until the end of the test; `fill` leaves no space on it. */
export async function smallDisk(size: string) {
  const folder = temporaryFolder();
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  } catch (error) {
    const text = 'this test mounts a small disk (tmpfs), so it needs Linux and root, as in CI';
    throw new Error(text, { cause: error });
  }
  // Hooks run in the reverse order: after what is open on it was closed.
  onTestFinished(() => run('umount', [folder]).then(() => undefined));
  const filler = join(folder, 'filler');
  return {
    folder,
    async fill(): Promise<void> {
      const file = await open(filler, 'w');
      try {
        for (const bytes of [1 << 20, 1 << 12]) while (await hasSpaceFor(file, bytes));
      } finally {
        await file.close();
      }
    },
    empty: () => rm(filler),
  };
}

async function hasSpaceFor(file: FileHandle, bytes: number): Promise<boolean> {
  try {
    await file.writeFile(Buffer.alloc(bytes));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
