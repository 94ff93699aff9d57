/**
 * Pre-shared keys in a file: a line for each client, `identity:key`, with the key in hexadecimal digits, as stunnel and
 * mosquitto have it. Empty lines, and those that begin with `#`, are skipped.
 *
 * The keys are kept where neither `util.inspect` nor JSON shows them, and no error quotes a line.
 */
import { isUtf8 } from 'node:buffer';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { LEAST_PSK_BYTES } from '@iot/connection/internal';
import { UsageError } from '@iot/framing';

/** The rights of others, and of the group, in the mode of a file. */
const OF_OTHERS = 0o077;

/** More than 64 bytes is nothing that a client needs to take (RFC 4279). */
const MOST_KEY_BYTES = 64;

const LIKE_A_KEY = /:[\da-f]{32,}$/i;

/** A new key: 256 random bits. */
export function makeKey(): Buffer {
  return randomBytes(32);
}

/** Whether two keys are the same, found out in a time that does not depend on where they differ. */
export function sameKey(one: Uint8Array, other: Uint8Array): boolean {
  const digest = (key: Uint8Array) => createHash('sha256').update(key).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** The keys of a file, as they were when it was read last. */
export class KeyFile {
  readonly path: string;
  #keys: ReadonlyMap<string, Buffer>;
  #reading: Promise<unknown> = Promise.resolve();

  /** Applications get theirs from `openKeys`. */
  constructor(path: string, keys: ReadonlyMap<string, Buffer>) {
    this.path = path;
    this.#keys = keys;
  }

  /** The key of this identity, for `tls.psk`; it may be handed over by itself. Undefined: there is none. */
  readonly get = (identity: string): Buffer | undefined => this.#keys.get(identity);

  /** Who has a key. */
  get identities(): string[] {
    return [...this.#keys.keys()];
  }

  /**
   * Reads the file again. Links go on: those whose key has gone, or is another one now, are returned, for
   * `server.disconnect`.
   *
   * @throws UsageError `ERR_KEY_FILE`; the keys stay as they were.
   */
  reload(): Promise<string[]> {
    // One after the other: of two at a time the one that read the older content could end last.
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
 * Reads a file of keys. Its mode and its owner are looked at, not those of its folder; on Windows neither.
 *
 * @throws UsageError `ERR_KEY_FILE` when it cannot be read, can be read by others than its owner (mode 0600 is right),
 * belongs to another user than that of this process or root, is not UTF-8, has a line that is none, or does not end with a
 * newline, as one that is still being written.
 */
export async function openKeys(path: string): Promise<KeyFile> {
  return new KeyFile(path, await read(path));
}

/**
 * The same whoever owns the file: for a command by which root looks after the keys of a server that runs as another user.
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
    // Of the file that is open: another one may take its name meanwhile.
    const found = await file.stat();
    if (found.isDirectory()) throw bad(`${path} is a folder, and no file of keys`);
    // On Windows the mode and the owner say nothing.
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

/** The owner of a file can change it. Root could read and change everything anyway. */
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
    if (LIKE_A_KEY.test(identity)) throw bad(`${where}: there are two keys`);
    if (keys.has(identity)) throw bad(`${where}: this identity has a key already`);
    const key = Buffer.from(digits, 'hex');
    if (key.length < LEAST_PSK_BYTES || key.length > MOST_KEY_BYTES)
      throw bad(
        `${where}: a key has ${LEAST_PSK_BYTES} to ${MOST_KEY_BYTES} bytes, two digits each; 32 is right`,
      );
    keys.set(identity, key);
  }
  // Half of a key in hexadecimal digits is a key too.
  if (text !== '' && !text.endsWith('\n'))
    throw bad(`${path}: the last line has no newline: is the file still being written?`);
  return keys;
}

function bad(message: string): UsageError {
  return new UsageError('ERR_KEY_FILE', message);
}
