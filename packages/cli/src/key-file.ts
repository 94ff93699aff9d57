/**
 * Changes a file of keys. It writes a new file next to the old one, syncs it, and renames it to the name of
 * the old file. So a server that reads the file at the same time gets either the old keys or the new keys.
 * The new file is also the lock: creating it fails if it exists. When two commands run at the same time, the
 * second one fails, and no key is lost.
 */
import { open, readFile, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { openKeysOfAnyUser } from '@iot/server/internal';
import { makeKey } from '@iot/server/keys';
import { CommandError } from './exit-codes.js';

/**
 * The ids that can be in the file. A space at the begin or end, or a leading `#`, would change the meaning of
 * the line.
 */
const ID = /^(?!#)\S(?:[^\p{Cc}]*\S)?$/u;

/**
 * Makes a key for a client, and the file if there is none.
 *
 * @throws UsageError `ERR_KEY_FILE` when the file is not a file of keys
 * @throws CommandError when the id is invalid, or already has a key
 */
export async function addKey(path: string, id: string): Promise<Buffer> {
  if (!ID.test(id)) {
    throw new CommandError(
      2,
      `${JSON.stringify(id)} cannot have a key: an id must be one line without a space at either end, and must not begin with #`,
    );
  }
  const key = makeKey();
  await change(path, true, (text, has) => {
    if (has(id)) {
      throw new CommandError(
        1,
        `${JSON.stringify(id)} already has a key in ${path}: remove it with iot keys revoke, then add another`,
      );
    }
    return `${text}${id}:${key.toString('hex')}\n`;
  });
  return key;
}

/**
 * Takes the key of a client out of the file.
 *
 * @throws UsageError `ERR_KEY_FILE` when the file is not a file of keys, or does not exist
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
    return path; // the later read reports the error
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
        `${draft} exists: another command is changing the keys. Try again. If that command was killed, remove this file`,
      );
    }
    throw new CommandError(
      1,
      `${draft} cannot be created (${code}): does the folder exist, and may this user write to it?`,
    );
  }
}

/** Sets the owner of the old file, because the server may run as another user than this command. */
async function keepOwner(file: FileHandle, path: string): Promise<void> {
  const [now, before] = [await file.stat(), await stat(path)];
  if (now.uid !== before.uid || now.gid !== before.gid) await file.chown(before.uid, before.gid);
}
