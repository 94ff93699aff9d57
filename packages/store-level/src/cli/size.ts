/** The size of a folder, and its text form. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The total size of all files in a folder. LevelDB may delete files meanwhile; they count as 0. */
export async function bytesIn(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map((name) => bytesOf(join(folder, name))));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

async function bytesOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
