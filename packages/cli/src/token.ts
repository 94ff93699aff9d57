import { readFile } from 'node:fs/promises';
import { UsageError } from '@iot/server';

/**
 * Reads the token of an admin interface from a file. It is not an argument, because every user of the machine
 * can see arguments.
 *
 * @throws UsageError `ERR_BAD_OPTION` when it cannot be read
 */
export async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError('ERR_BAD_OPTION', `the token file ${path} cannot be read (${code})`);
  }
}
