/**
 * Changes a file of keys: a new file beside it, which takes its name once it is whole and on the disk. A server that reads
 * the file meanwhile gets the old keys or the new ones. The new file is also the lock: it can be made once, so that of two
 * commands at a time the second one fails, and no key is lost.
 */
import { open, readFile, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { openKeysOfAnyUser } from '@iot/server/internal';
import { makeKey } from '@iot/server/keys';
import { CommandError } from './exit-codes.js';

/** What a line can hold before the colon. Blanks at the ends and a leading `#` would make it another line. */
const ID = /^(?!#)\S(?:[^\p{Cc}]*\S)?$/u;

/**
 * Makes a key for a client, and the file if there is none.
 *
 * @throws UsageError `ERR_KEY_FILE` when the file is none of keys
 * @throws CommandError when the id cannot have a key, or has one
 */
export async function addKey(path: string, id: string): Promise<Buffer> {
  if (!ID.test(id)) {
    throw new CommandError(
      2,
      `${JSON.stringify(id)} cannot have a key: an id begins and ends with neither a blank nor #, and is one line`,
    );
  }
  const key = makeKey();
  await change(path, true, (text, has) => {
    if (has(id)) {
      throw new CommandError(
        1,
        `${JSON.stringify(id)} has a key in ${path}: iot keys revoke takes it away, to make another one`,
      );
    }
    return `${text}${id}:${key.toString('hex')}\n`;
  });
  return key;
}

/**
 * Takes the key of a client out of the file.
 *
 * @throws UsageError `ERR_KEY_FILE` when the file is none of keys, or not there
 * @throws CommandError when the client has no key
 */
export async function revokeKey(path: string, id: string): Promise<void> {
  await change(path, false, (text, has) => {
    if (!has(id)) throw new CommandError(5, `${path} has no key of ${JSON.stringify(id)}`);
    const lines = text.split(/(?<=\n)/).filter((line) => line.slice(0, line.lastIndexOf(':')) !== id);
    return lines.join('');
  });
}

type Edit = (text: string, has: (id: string) => boolean) => string;

async function change(path: string, mayCreate: boolean, edit: Edit): Promise<void> {
  const there = await realpath(path).catch((error: unknown) => {
    if (mayCreate && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return path; // reading it says what is wrong with it
  });
  const target = there ?? path;
  const draft = `${target}.new`;
  const file = await lock(draft);
  try {
    const keys = there === undefined ? undefined : await openKeysOfAnyUser(there);
    const text = there === undefined ? '' : await readFile(there, 'utf8');
    await file.writeFile(edit(text, (id) => keys?.get(id) !== undefined));
    if (there !== undefined) await keepOwner(file, there);
    await file.sync();
    await openKeysOfAnyUser(draft);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function lock(draft: string): Promise<FileHandle> {
  try {
    return await open(draft, 'wx', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new CommandError(
        1,
        `${draft} is there: another command changes the keys. Try again; if it was killed, remove that file`,
      );
    }
    throw new CommandError(
      1,
      `${draft} cannot be made (${code}): is the folder there, and may this user write into it?`,
    );
  }
}

/** The server may run as another user than the one who changes its keys. */
async function keepOwner(file: FileHandle, path: string): Promise<void> {
  const [now, before] = [await file.stat(), await stat(path)];
  if (now.uid !== before.uid || now.gid !== before.gid) await file.chown(before.uid, before.gid);
}
