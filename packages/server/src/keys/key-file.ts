/**
 * Reads pre-shared keys from a file. It has a line `identity:key` for each client, with the key in hexadecimal digits. This is
 * the format of stunnel and mosquitto. Empty lines, and lines that begin with `#`, are skipped.
 *
 * The keys are in private fields, so that neither `util.inspect` nor JSON shows them. No error message quotes a line of the file.
 */
import { isUtf8 } from 'node:buffer';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { LEAST_PSK_BYTES } from '@iot/connection/internal';
import { UsageError } from '@iot/framing';

/** The permission bits of the group and of others in the mode of a file. */
const OF_OTHERS = 0o077;

/** Clients need not support keys of more than 64 bytes (RFC 4279). */
const MOST_KEY_BYTES = 64;

const LIKE_A_KEY = /:[\da-f]{32,}$/i;

/** Makes a new key of 256 random bits. */
export function makeKey(): Buffer {
  return randomBytes(32);
}

/** True when two keys are equal. The time that it takes does not depend on where they differ. */
export function sameKey(one: Uint8Array, other: Uint8Array): boolean {
  const digest = (key: Uint8Array) => createHash('sha256').update(key).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** The keys of a file, as of the last time it was read. */
export class KeyFile {
  readonly path: string;
  #keys: ReadonlyMap<string, Buffer>;
  #reading: Promise<unknown> = Promise.resolve();

  /** Applications do not call this: they get a key file from `openKeys`. */
  constructor(path: string, keys: ReadonlyMap<string, Buffer>) {
    this.path = path;
    this.#keys = keys;
  }

  /** Returns the key of this identity, or undefined. It can be passed as `tls.psk` without the object: `psk: keys.get`. */
  readonly get = (identity: string): Buffer | undefined => this.#keys.get(identity);

  /** The identities that have a key. */
  get identities(): string[] {
    return [...this.#keys.keys()];
  }

  /**
   * Reads the file again. Returns the identities whose key was removed or changed. Existing links continue, so call
   * `server.disconnect` for the clients of these identities.
   *
   * @throws UsageError `ERR_KEY_FILE`. The keys are unchanged then.
   */
  reload(): Promise<string[]> {
    // Calls run one after the other. Otherwise the call that read the older content could end last.
    const reloaded = this.#reading.then(() => this.#reload());
    this.#reading = reloaded.catch(() => undefined);
    return reloaded;
  }

  async #reload(): Promise<string[]> {
    const before = this.#keys;
    this.#keys = await read(this.path);
    return [...before].flatMap(([identity, key]) => {
      const now = this.#keys.get(identity);
      return now !== undefined && sameKey(now, key) ? [] : [identity];
    });
  }
}

/**
 * Reads a file of keys. The mode and the owner of the file are checked, but not on Windows. Those of its folder are not checked.
 *
 * @throws UsageError `ERR_KEY_FILE` in these cases: the file cannot be read; group or others have permissions for it (the mode
 * should be 0600); its owner is neither the user of this process nor root; it is not UTF-8; a line is wrong; or the last line
 * has no newline, because the file may still be being written.
 */
export async function openKeys(path: string): Promise<KeyFile> {
  return new KeyFile(path, await read(path));
}

/**
 * Like `openKeys`, but any user may own the file. It is for the command with which root manages the keys of a server
 * that runs as another user.
 *
 * @throws UsageError `ERR_KEY_FILE`
 */
export async function openKeysOfAnyUser(path: string): Promise<Pick<KeyFile, 'get' | 'identities'>> {
  return new KeyFile(path, await read(path, () => undefined));
}

async function read(
  path: string,
  requireOwner: (found: Stats, path: string) => void = requireOwnOrRoots,
): Promise<ReadonlyMap<string, Buffer>> {
  const file = await open(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw bad(`${path} cannot be opened (${code}): does it exist, and may this user read it?`);
  });
  try {
    // `stat` of the open file, because another file may get its name meanwhile.
    const found = await file.stat();
    if (found.isDirectory()) throw bad(`${path} is a folder, not a file of keys`);
    // On Windows the mode and the owner do not show who can read the file.
    if (process.platform !== 'win32') {
      requireOwner(found, path);
      requirePrivate(found, path);
    }
    const bytes = await file.readFile();
    if (!isUtf8(bytes)) throw bad(`${path} is not UTF-8`);
    return keysIn(bytes.toString(), path);
  } finally {
    await file.close();
  }
}

/** Refuses a file of another user, because its owner can change the keys. A file of root is accepted: root can do so anyway. */
function requireOwnOrRoots({ uid }: Stats, path: string): void {
  const own = process.geteuid?.();
  if (uid === own || uid === 0) return;
  throw bad(
    `${path} belongs to the user ${uid}, who can change its keys, and this process runs as the user ${own}: chown ${own} ${path}, or run the process as its owner`,
  );
}

function requirePrivate({ mode }: Stats, path: string): void {
  if ((mode & OF_OTHERS) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, '0');
    throw bad(
      `others can read or write ${path} (mode ${octal}), and its keys may be known: chmod 600 ${path}, and make new keys`,
    );
  }
}

function keysIn(text: string, path: string): ReadonlyMap<string, Buffer> {
  const keys = new Map<string, Buffer>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const where = `${path}, line ${index + 1}`;
    const [, identity, digits] = /^(.+):((?:[\da-f]{2})+)$/i.exec(line) ?? [];
    if (identity === undefined || digits === undefined)
      throw bad(`${where}: a line is identity:key, with the key in hexadecimal digits`);
    if (identity !== identity.trim()) throw bad(`${where}: there are blanks around the identity`);
    if (LIKE_A_KEY.test(identity)) throw bad(`${where}: the line has two keys`);
    if (keys.has(identity)) throw bad(`${where}: this identity has a key already`);
    const key = Buffer.from(digits, 'hex');
    if (key.length < LEAST_PSK_BYTES || key.length > MOST_KEY_BYTES)
      throw bad(
        `${where}: a key must have ${LEAST_PSK_BYTES} to ${MOST_KEY_BYTES} bytes, two digits each; 32 bytes are recommended`,
      );
    keys.set(identity, key);
  }
  // Without this check, a file of which only a part was written could give a shortened key.
  if (text !== '' && !text.endsWith('\n'))
    throw bad(`${path}: the last line has no newline: is the file still being written?`);
  return keys;
}

function bad(message: string): UsageError {
  return new UsageError('ERR_KEY_FILE', message);
}
