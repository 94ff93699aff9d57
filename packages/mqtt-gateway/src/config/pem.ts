import { readFile } from 'node:fs/promises';
import { UsageError } from '@iot/server';

/**
 * The content of the files that are named, by the names of their options.
 *
 * @param where what an error says before the name of an option
 * @throws UsageError `ERR_BAD_OPTION` for one that cannot be read
 */
export async function pemFiles(
  files: Readonly<Partial<Record<'ca' | 'cert' | 'key', string | undefined>>>,
  where: string,
): Promise<Partial<Record<'ca' | 'cert' | 'key', string>>> {
  const { ca, cert, key } = files;
  const named = Object.entries({ ca, cert, key }).filter(([, path]) => path !== undefined);
  const read = async ([name, path]: [string, string | undefined]): Promise<[string, string]> => {
    try {
      return [name, await readFile(path!, 'utf8')];
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UsageError('ERR_BAD_OPTION', `${where}${name}: ${path} cannot be read (${code})`);
    }
  };
  return Object.fromEntries(await Promise.all(named.map(read)));
}
