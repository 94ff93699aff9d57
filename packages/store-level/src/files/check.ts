/**
 * Checks all files of a folder for damage before LevelDB opens it. LevelDB's own handling of damage would lose data:
 * - When CURRENT is missing, it starts with an empty database and deletes the other files.
 * - It ignores a missing log.
 * - It skips incomplete records of a log.
 * - It reads a table without checking its checksums. A changed bit can end the process with a failed assertion.
 *
 * LevelDB's files: a log (`.log`) has the newest writes, a table (`.ldb`) has older ones, a MANIFEST is the list of tables
 * and logs in use, and CURRENT has the name of the valid MANIFEST.
 *
 * All files are read once. A torn record at the end of the newest log is not damage, because a power loss leaves it. A
 * store with `durability: 'relaxed'` syncs nothing, so a power loss can also lose a record and keep later ones. Then the log
 * is cut before the missing record, and the store is as it was at that time.
 */
import { readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '@iot/connection';
import { readLogFile, type LogFile } from './log-file.js';
import { readManifest, type Manifest } from './manifest.js';
import { replaceFile, type State } from './state.js';
import { isTableWhole } from './table-file.js';

/** What must be done before LevelDB opens the files; empty for a folder that needs no repair. */
export interface Repair {
  /** The MANIFEST whose name must be written to CURRENT. */
  readonly manifest?: string;
  readonly cut?: Cut | undefined;
}

/** The log `name` must be cut at the byte `at`, and the logs `after` it must be deleted. */
interface Cut {
  readonly name: string;
  readonly at: number;
  readonly after: readonly string[];
}

/**
 * Checks all files. Changes none of them.
 *
 * When LevelDB opens a folder, it writes a new MANIFEST, syncs it, replaces CURRENT by a rename and deletes old files. After
 * a power loss some file systems lose the rename and keep the deletes. Then CURRENT names the old MANIFEST, whose files are
 * deleted. So if the check fails, newer MANIFESTs are tried.
 *
 * @throws StoreError `ERR_STORE_DAMAGED`
 */
export async function checkFiles(folder: string, state: State): Promise<Repair> {
  const names = await readdir(folder);
  const current = await currentManifest(folder, names);
  try {
    return { cut: await checkFrom(folder, names, current, state) };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const newer = names.filter((name) => /^MANIFEST-\d+$/.test(name) && numberOf(name) > numberOf(current));
    for (const manifest of newer) {
      try {
        return { manifest, cut: await checkFrom(folder, names, manifest, state) };
      } catch {
        // This MANIFEST is incomplete, because it was being written. Try the next one.
      }
    }
    throw error;
  }
}

export async function repairFiles(folder: string, { manifest, cut }: Repair): Promise<void> {
  if (manifest !== undefined) await replaceFile(join(folder, 'CURRENT'), `${manifest}\n`);
  if (cut === undefined) return;
  // Delete the newest log first. If the process ends between two deletes, there is still no gap between the logs.
  for (const name of [...cut.after].reverse()) await rm(join(folder, name));
  await truncate(join(folder, cut.name), cut.at);
}

/** The names of the logs of a folder, in the order in which they were written. */
export function logsIn(names: readonly string[]): string[] {
  return names.filter((name) => /^\d+\.log$/.test(name)).sort((a, b) => numberOf(a) - numberOf(b));
}

export function damaged(path: string, what: string): StoreError {
  return new StoreError(
    'ERR_STORE_DAMAGED',
    `${path} ${what}. Nothing was changed. Restore the folder from a backup (iot-store restore), or move it away and start with an empty one, which loses all its sessions. Check the disk too`,
  );
}

async function currentManifest(folder: string, names: readonly string[]): Promise<string> {
  if (!names.includes('CURRENT')) throw damaged(join(folder, 'CURRENT'), 'is missing');
  const current = await readFile(join(folder, 'CURRENT'), 'latin1');
  if (!/^MANIFEST-\d+\n$/.test(current)) throw damaged(join(folder, 'CURRENT'), 'is damaged');
  return current.trimEnd();
}

async function checkFrom(
  folder: string,
  names: readonly string[],
  manifestName: string,
  state: State,
): Promise<Cut | undefined> {
  const manifest = await checkManifest(folder, names, manifestName);
  await checkTables(folder, names, manifest);
  return checkLogs(folder, names, manifest, state);
}

async function checkManifest(folder: string, names: readonly string[], name: string): Promise<Manifest> {
  if (!names.includes(name)) throw damaged(join(folder, name), 'is missing');
  const { records, end, state } = readLogFile(await readFile(join(folder, name)));
  if (state === 'damaged') throw damaged(join(folder, name), `is damaged at byte ${end}`);
  try {
    return readManifest(records);
  } catch {
    throw damaged(join(folder, name), 'is damaged');
  }
}

async function checkTables(folder: string, names: readonly string[], { tables }: Manifest): Promise<void> {
  for (const [number, size] of tables) {
    const padded = String(number).padStart(6, '0');
    const name = [`${padded}.ldb`, `${padded}.sst`].find((it) => names.includes(it));
    if (name === undefined) throw damaged(join(folder, `${padded}.ldb`), 'is missing');
    const file = await readFile(join(folder, name));
    if (file.length !== size) {
      throw damaged(join(folder, name), `has ${file.length} bytes instead of ${size}`);
    }
    if (!isTableWhole(file)) throw damaged(join(folder, name), 'is damaged');
  }
}

async function checkLogs(
  folder: string,
  names: readonly string[],
  { log }: Manifest,
  { durability, closed }: State,
): Promise<Cut | undefined> {
  const live = logsIn(names).filter((name) => numberOf(name) >= log);
  const first = `${String(log).padStart(6, '0')}.log`;
  if (log > 0 && live[0] !== first) throw damaged(join(folder, first), 'is missing');
  for (const [name, length] of Object.entries(closed ?? {})) {
    // The MANIFEST no longer lists this log: LevelDB has replaced it, because the folder was opened after that close.
    if (numberOf(name) < log) continue;
    if (!live.includes(name)) throw damaged(join(folder, name), 'is missing');
    const { end, state } = await logAt(folder, name);
    if (state !== 'whole') throw damaged(join(folder, name), `is damaged at byte ${end}`);
    if (end < length) throw damaged(join(folder, name), `has ${end} bytes instead of ${length}`);
  }
  for (const [at, name] of live.entries()) {
    const { end, state } = await logAt(folder, name);
    const after = live.slice(at + 1);
    if (state === 'whole' || (state === 'torn' && (await areEmpty(folder, after)))) continue;
    if (durability === 'full') throw damaged(join(folder, name), `is damaged at byte ${end}`);
    return { name, at: end, after };
  }
  return undefined;
}

async function logAt(folder: string, name: string): Promise<LogFile> {
  return readLogFile(await readFile(join(folder, name)));
}

async function areEmpty(folder: string, logs: readonly string[]): Promise<boolean> {
  for (const name of logs) if ((await readFile(join(folder, name))).length > 0) return false;
  return true;
}

/** The number in a file name: 12 for `000012.log` and for `MANIFEST-000012`. */
function numberOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0]);
}
