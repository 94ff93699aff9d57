/** Folders for servers that store lines. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A new folder, which is removed when this process ends. It is below the current folder, because the folder
 * of temporary files may be in memory.
 */
export function folderOnDisk(name: string): string {
  const folder = mkdtempSync(join(process.cwd(), `bench-${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
