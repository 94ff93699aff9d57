/**
 * The commands `backup` and `restore`. A backup is a text file. It has one JSON line for each session, with its head and its
 * entries, and a last line with the number of sessions and a checksum. So `restore` can refuse a backup that was cut or
 * changed before it makes any file.
 */
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { StoreError, type Entry } from '@iot/connection';
import type { Database, Operation } from '../database.js';
import { storeError } from '../files/level.js';
import { FORMAT, syncFolder } from '../files/state.js';
import { entryKey, headKey, sealed, type Head } from '../records.js';
import { allSessions, openToFail } from './existing.js';

interface SessionLine {
  readonly id: string;
  readonly head: Head;
  readonly entries: readonly (readonly [number, Entry])[];
}

interface LastLine {
  readonly format: number;
  readonly sessions: number;
  readonly checksum: number;
}

/** Writes all sessions into a new file. @returns the line to print */
export async function backup(database: Database, path: string): Promise<string> {
  const file = await created(resolve(path));
  try {
    let [sessions, checksum] = [0, 0];
    for await (const [id, { head, entries }] of allSessions(database)) {
      const line = `${JSON.stringify({ id, head, entries } satisfies SessionLine)}\n`;
      checksum = crc32(line, checksum);
      sessions += 1;
      await file.write(line);
    }
    await file.write(`${JSON.stringify({ format: FORMAT, sessions, checksum } satisfies LastLine)}\n`);
    await file.sync();
    await file.close();
    await syncFolder(dirname(resolve(path)));
    return `${path} has ${sessions} sessions`;
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw storeError(path, error);
  }
}

/**
 * Makes a store from a backup. If it fails, there is no store: it is made in a draft folder, which is then renamed.
 *
 * @returns the line to print
 */
export async function restore(folder: string, path: string): Promise<string> {
  const { sessions } = await checked(path);
  await refuseIfFull(folder);
  const draft = `${folder}.restoring`;
  try {
    await rm(draft, { recursive: true, force: true });
    await mkdir(dirname(folder), { recursive: true });
    const database = await openToFail(draft, 'full');
    try {
      await fill(database, path, sessions);
    } finally {
      await database.close();
    }
    await rmdir(folder).catch(() => undefined); // removes an empty folder, if there is one
    await rename(draft, folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw storeError(folder, error);
  }
  return `${folder} has ${sessions} sessions`;
}

/** Approximate size of one commit. */
const MOST_BYTES = 1024 * 1024;

async function fill(database: Database, path: string, sessions: number): Promise<void> {
  let left = sessions;
  let operations: Operation[] = [];
  let bytes = 0;
  const commit = async (): Promise<void> => {
    if (operations.length > 0) await database.commit(operations);
    operations = [];
    bytes = 0;
  };
  const put = (key: Buffer, value: unknown): void => {
    const json = Buffer.from(JSON.stringify(value));
    operations.push({ type: 'put', key, value: sealed(key, json) });
    bytes += json.length;
  };
  for await (const line of linesOf(path)) {
    if (left === 0) break;
    left -= 1;
    try {
      const { id, head, entries } = JSON.parse(line) as SessionLine;
      for (const [sequence, entry] of entries) put(entryKey(id, sequence), entry);
      put(headKey(id), head);
    } catch {
      throw notWhole(path); // the checksum matches, so another program has written this line
    }
    if (bytes > MOST_BYTES) await commit();
  }
  await commit();
}

/** Reads the whole backup and checks it, before the store is made. */
async function checked(path: string): Promise<LastLine> {
  let [sessions, checksum] = [0, 0];
  let last = '';
  try {
    for await (const line of linesOf(path)) {
      if (last !== '') {
        checksum = crc32(`${last}\n`, checksum);
        sessions += 1;
      }
      last = line;
    }
  } catch (error) {
    throw storeError(path, error);
  }
  const said = lastLine(last);
  if (said !== undefined && said.format > FORMAT) {
    const text = `${path} was written by a newer version of @iot/store-level (format ${said.format}; this one knows ${FORMAT}): update the package`;
    throw new StoreError('ERR_STORE_VERSION', text);
  }
  if (said?.sessions !== sessions || said.checksum !== checksum) {
    throw notWhole(path);
  }
  return said;
}

function notWhole(path: string): StoreError {
  return new StoreError('ERR_STORE_DAMAGED', `${path} is not a complete backup: use another one`);
}

function lastLine(text: string): LastLine | undefined {
  try {
    return (JSON.parse(text) as LastLine | null) ?? undefined;
  } catch {
    return undefined;
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: MOST_BYTES })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function refuseIfFull(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw storeError(folder, error);
  });
  if (names.length === 0) return;
  const text = `${folder} is not empty: restore into a folder that does not exist, or move this one away first`;
  throw new StoreError('ERR_STORE_ACCESS', text);
}

async function created(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw storeError(path, error);
    throw new StoreError('ERR_STORE_ACCESS', `${path} exists already: give the name of a new file`);
  }
}
