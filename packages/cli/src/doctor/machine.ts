/** Checks what a server needs from this machine: its files, enough file descriptors, and a correct clock. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError, UsageError } from '@iot/server';
import { openKeysOfAnyUser } from '@iot/server/internal';
import { run } from '@iot/store-level/internal';
import { codeOf, findings, type Finding } from './finding.js';
import type { Listener } from './listeners.js';

export async function checkKeys(path: string): Promise<Finding> {
  const { ok, problem } = findings('keys');
  try {
    return ok(
      `${path} has ${(await openKeysOfAnyUser(path)).identities.length} keys, and only its owner can read it`,
    );
  } catch (error) {
    if (error instanceof UsageError) return problem(error.message);
    throw error;
  }
}

export async function checkStore(folder: string): Promise<Finding> {
  const { ok, problem, skipped } = findings('store');
  try {
    const { uid } = await stat(join(folder, 'iot-store.json'));
    // LevelDB creates files when it opens a store. If another user opens it, the server cannot write these
    // files.
    if (uid !== process.getuid?.())
      return skipped(`${folder} belongs to the user ${uid}: run iot doctor as that user`);
  } catch (error) {
    return problem(
      `there is no store in ${folder} (${codeOf(error)}): name the folder that iot serve has in --store`,
    );
  }
  try {
    const said: string[] = [];
    await run({ name: 'verify', folder }, (line) => said.push(line));
    return ok(`${folder} is ${said.join(' ')}`);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === 'ERR_STORE_LOCKED')
      return skipped(`a process has ${folder} open: stop it to check the store`);
    return problem(error.message);
  }
}

/** Descriptors in addition to one per connection: for files, the admin interface and a broker. */
const OTHER_DESCRIPTORS = 100;

/**
 * Checks the limit of open files: the server's limit if it is a process of this machine whose limit can be
 * read, otherwise the limit of this process.
 *
 * @param boards number of boards that will be connected at a time
 */
export async function checkDescriptors(boards: number, listener: Listener | undefined): Promise<Finding> {
  const { ok, warning, skipped } = findings('descriptors');
  const needed = boards + OTHER_DESCRIPTORS;
  const ofServer = listener?.pid === undefined ? undefined : await limitOf(String(listener.pid));
  const limit = ofServer ?? (await limitOf('self'));
  if (limit === undefined) return skipped('the limit of open files can be read on Linux only');
  const whose = ofServer === undefined ? 'this shell gives a process' : `process ${listener?.pid} may have`;
  const open = ofServer === undefined ? '' : `, and has ${await openFiles(listener?.pid)}`;
  const text = `${whose} ${limit} open files${open}`;
  if (limit >= needed) return ok(`${text}: enough for ${boards} boards`);
  return warning(
    `${text}; ${boards} boards need ${needed}: ulimit -n ${needed}, or LimitNOFILE=${needed} in the systemd unit`,
  );
}

async function limitOf(pid: string): Promise<number | undefined> {
  const limits = await readFile(`/proc/${pid}/limits`, 'utf8').catch(() => '');
  const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(limits) ?? [];
  return soft === undefined ? undefined : soft === 'unlimited' ? Infinity : Number(soft);
}

async function openFiles(pid: number | undefined): Promise<string> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => undefined);
  return files === undefined ? 'an unknown number' : String(files.length);
}

/**
 * Seconds by which two clocks may differ. The date in an answer has whole seconds, and the answer takes time.
 */
const MOST_SECONDS_APART = 5;

/**
 * Compares this machine's clock with the server's clock, whose time is in the answers of its admin interface.
 *
 * @param given the user has given `url`, so it is a problem if it does not answer
 */
export async function checkClock(url: string, given: boolean): Promise<Finding> {
  const { ok, warning, problem, skipped } = findings('clock');
  let date: string | null;
  const at = Date.now();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), 5000);
  try {
    const answer = await fetch(new URL('/healthz', url), {
      signal: late.signal,
      redirect: 'manual',
    });
    date = answer.headers.get('date');
    await answer.body?.cancel();
  } catch (error) {
    const code = codeOf((error as Error).cause ?? error);
    if (given)
      return problem(
        `the admin interface at ${url} does not answer (${code}): is its port right, and is it enabled?`,
      );
    return skipped(`not compared: there is no admin interface at ${url} (give another address with --url)`);
  } finally {
    clearTimeout(timer);
  }
  const now = (at + Date.now()) / 2;
  if (date === null) return skipped(`not compared: the answer of ${url} has no date`);
  const apart = Math.abs(now - Date.parse(date)) / 1000;
  if (apart <= MOST_SECONDS_APART) return ok(`within ${MOST_SECONDS_APART} s of the clock of the server`);
  return warning(
    `${apart.toFixed(0)} s different from the clock of the server: enable NTP on both (timedatectl set-ntp true), or certificates fail and the times of lines are wrong`,
  );
}
