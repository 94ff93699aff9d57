import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { cpSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '@iot/connection';
import { ClassicLevel } from 'classic-level';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Database } from '../src/database.js';
import { readLogFile } from '../src/files/log-file.js';
import { levelStore, type Commit, type LevelStoreOptions } from '../src/index.js';
import { entryKey } from '../src/records.js';
import { line, opened, smallDisk } from './folder.js';
import { Log } from './log.js';

const UNPRIVILEGED = 65534;

describe('a store in a folder', () => {
  it('makes the folder, which other users cannot read, and says where it is', async () => {
    const folder = join(temporaryFolder(), 'deep', 'data');
    const store = await opened(folder);
    expect(store.folder).toBe(folder);
    expect(await readdir(folder)).toContain('iot-store.json');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('has on the disk what has resolved, when its process is killed', async () => {
    const folder = temporaryFolder();
    const [data, copy] = [join(folder, 'data'), join(folder, 'copy')];
    for (const durability of ['full', 'relaxed'] as const) {
      const store = await opened(join(data, durability), { durability });
      await store.append('1', 0, [line('a'), line('b')]);
      await store.trim('1', 2);
      await cp(join(data, durability), join(copy, durability), { recursive: true });
      const again = await opened(join(copy, durability), { durability });
      expect(await again.load('1')).toEqual({ last: 2, entries: [[2, line('b')]] });
    }
  });

  it('commits what gathers while a commit is in flight together', async () => {
    const folder = temporaryFolder();
    const store = await opened(folder);
    await store.append('first', 0, [line('a')]);
    const before = await logRecords(folder);
    const ids = Array.from({ length: 200 }, (_, at) => `board ${at}`);
    await Promise.all(ids.map((id) => store.append(id, 0, [line(id)])));
    expect((await logRecords(folder)) - before).toBe(1);
  });

  it('reports of each commit how long it took, and whether it failed', async () => {
    const folder = join(temporaryFolder(), 'data');
    const store = await opened(folder);
    const commits: Commit[] = [];
    const stop = store.onCommit((commit) => commits.push(commit));
    await Promise.all([store.append('1', 0, [line('a')]), store.append('2', 0, [line('b')])]);
    await store.append('1', 0, [line('fenced')]);
    await rename(folder, `${folder} away`);
    await expect(store.append('1', 1, [line('c')])).rejects.toThrow();
    stop();
    await rename(`${folder} away`, folder);
    await store.append('1', 1, [line('d')]);
    expect(commits).toEqual([
      { ms: expect.any(Number) as number, failed: false },
      { ms: expect.any(Number) as number, failed: true },
    ]);
    expect(commits[0]!.ms).toBeGreaterThan(0);
  });

  it('splits what has gathered into commits of a bounded size', async () => {
    const folder = temporaryFolder();
    const store = await opened(folder);
    const ids = Array.from({ length: 10 }, (_, at) => `board ${at}`);
    await Promise.all(ids.map((id) => store.append(id, 0, [line('x'.repeat(60_000))])));
    expect(await logRecords(folder)).toBe(3);
  });

  it('fences appends to more ids than it holds in memory', async () => {
    const store = await opened(temporaryFolder());
    const ids = Array.from({ length: 12_000 }, (_, at) => `${at}`);
    const appendAll = (expected: number) =>
      Promise.all(ids.map((id) => store.append(id, expected, [line(id)])));
    for (const [expected, answer] of [
      [0, 'ok'],
      [0, 'fenced'],
      [1, 'ok'],
    ] as const) {
      expect(new Set(await appendAll(expected))).toEqual(new Set([answer]));
    }
    expect(await store.load('7')).toMatchObject({ last: 2 });
  });

  it('closes at the end of a scope', async () => {
    const folder = temporaryFolder();
    {
      await using store = await levelStore(folder);
      await store.append('1', 0, [line('a')]);
    }
    const again = await opened(folder);
    expect(await again.load('1')).toMatchObject({ last: 1 });
  });

  it('goes on trimming where a process was killed that had begun', async () => {
    const folder = temporaryFolder();
    const [data, copy] = [join(folder, 'data'), join(folder, 'copy')];
    const store = await opened(data);
    await store.append(
      '1',
      0,
      Array.from({ length: 3500 }, (_, at) => line(`${at}`)),
    );
    const trimmed = store.trim('1', 3501);
    await store.append('2', 0, [line('with the first part')]);
    cpSync(data, copy, { recursive: true });
    await trimmed;
    const again = await opened(copy);
    const { entries } = (await again.load('1'))!;
    expect([500, 1500, 2500]).toContain(entries.length); // 1000 at a time
    await again.trim('1', 3501);
    expect(await again.load('1')).toEqual({ last: 3500, entries: [] });
  });

  it.each([
    [{ durability: 'fast' }, 'durability must be one of full, relaxed, not fast'],
    [{ durabilty: 'relaxed' }, 'there is no option durabilty: is it durability?'],
    [{ logger: console.log }, 'logger must be an object with the methods debug, info, warn, error'],
    [null, 'options must be an object, not null'],
  ])('refuses options that cannot be: %o', async (options, message) => {
    const refused = levelStore(temporaryFolder(), options as LevelStoreOptions);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(message);
  });

  it('refuses a path that is none', async () => {
    await expect(levelStore('')).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' });
  });
});

/** Commits that are in the log: LevelDB has one batch for each. */
async function logRecords(folder: string): Promise<number> {
  const name = (await readdir(folder)).find((it) => it.endsWith('.log'))!;
  return readLogFile(await readFile(join(folder, name))).records.length;
}

describe('entries that are read', () => {
  const key = entryKey('1', 3);
  it.each([
    ['missing', { type: 'del', key }, 'entry 3 is missing'],
    ['changed', { type: 'put', key, value: Buffer.from('xxxxx') }, 'the checksum of entry 3 does not match'],
  ] as const)('end at one that is %s', async (_, operation, message) => {
    const folder = temporaryFolder();
    const store = await opened(folder);
    await store.append('1', 0, ['a', 'b', 'c', 'd'].map(line));
    await store.close();
    const database = await Database.open(folder, { durability: 'full' });
    await database.commit([operation]);
    await database.close();
    const again = await opened(folder);
    const reading = (async () => {
      for await (const [sequence] of again.read('1', 1)) if (sequence > 3) return sequence;
      return 'the end';
    })();
    await expect(reading).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    await expect(reading).rejects.toThrow(message);
  });
});

describe('a folder that is in use', () => {
  it('is refused to the same process', async () => {
    const folder = temporaryFolder();
    await opened(folder);
    await expect(levelStore(folder)).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
      message: `${folder} is in use: a store belongs to one process at a time. A server or a client with this folder has it open, or an iot-store command, or this process itself has opened it before. Stop that one, or give each process a folder of its own (fuser ${folder}/LOCK names the process)`,
    });
  });

  it('is refused while another process has it, and not after that one was killed', async () => {
    const folder = temporaryFolder();
    await (await levelStore(folder)).close();
    const program = `import { ClassicLevel } from 'classic-level';
      await new ClassicLevel(process.argv[1]).open();
      console.log('open');
      setInterval(() => {}, 1000);`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void other.kill('SIGKILL'));
    await once(other.stdout, 'data');
    await expect(levelStore(folder)).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED' });
    other.kill('SIGKILL');
    await once(other, 'exit');
    await opened(folder);
  });
});

describe('a folder that cannot be a store', () => {
  it('is refused when this user may not write it', async () => {
    const folder = temporaryFolder();
    await chmod(folder, 0o755);
    const [made, other] = [join(folder, 'made'), join(folder, 'theirs')];
    await mkdir(other, { mode: 0o700 });
    await (await levelStore(made)).close();
    for (const path of [join(folder, 'new'), other, made]) {
      expect(await asAnother(() => levelStore(path))).toMatchObject({
        code: 'ERR_STORE_ACCESS',
        message: expect.stringMatching(
          new RegExp(
            `^${path} cannot be written \\(.*(EACCES|Permission denied).*\\): let the user of this process`,
          ),
        ) as string,
      });
    }
    await chown(other, UNPRIVILEGED, UNPRIVILEGED);
    const store = await asAnother(() => levelStore(other));
    expect(store).toHaveProperty('folder', other);
    await (store as Awaited<ReturnType<typeof levelStore>>).close();
  });

  it('is refused when it is a file', async () => {
    const path = join(temporaryFolder(), 'file');
    await writeFile(path, 'text');
    await expect(levelStore(path)).rejects.toMatchObject({
      code: 'ERR_STORE_ACCESS',
      message: expect.stringMatching(/is not a folder \(.*\): use another path/) as string,
    });
  });

  it('is refused when a newer version has written it, and stays as it is', async () => {
    const folder = temporaryFolder();
    const text = '{"format":2,"durability":"twice","more":[]}\n';
    await writeFile(join(folder, 'iot-store.json'), text);
    await expect(levelStore(folder)).rejects.toMatchObject({
      code: 'ERR_STORE_VERSION',
      message: `${folder} was written by a newer version of @iot/store-level (format 2; this one knows 1): update the package, or use another folder`,
    });
    expect(await readFile(join(folder, 'iot-store.json'), 'utf8')).toBe(text);
    expect(await readdir(folder)).toEqual(['iot-store.json']);
  });

  it('is begun again when the process that made it has died before it was a store', async () => {
    const whole = temporaryFolder();
    await (await levelStore(whole)).close();
    for (const missing of [
      ['iot-store.json'],
      ['iot-store.json', 'CURRENT'],
      ['iot-store.json', 'MANIFEST-000002'],
    ]) {
      const folder = join(temporaryFolder(), 'data');
      await cp(whole, folder, { recursive: true });
      for (const name of missing) await rm(join(folder, name));
      const store = await opened(folder);
      expect(await store.append('1', 0, [line('a')])).toBe('ok');
    }
  });
});

/** What comes of it, result or error, when another user without privileges does it. */
async function asAnother<T>(act: () => Promise<T>): Promise<unknown> {
  if (process.seteuid === undefined || process.setegid === undefined)
    throw new Error('this test needs Linux or macOS');
  process.setegid(UNPRIVILEGED);
  process.seteuid(UNPRIVILEGED);
  try {
    return await act().catch((error: unknown) => error);
  } finally {
    process.seteuid(0);
    process.setegid(0);
  }
}

describe('a folder that goes away', () => {
  it('makes appends fail, and the store goes on when it is back', async () => {
    const folder = join(temporaryFolder(), 'data');
    const store = await opened(folder);
    await store.append('1', 0, [line('a')]);
    await rename(folder, `${folder} away`);
    for (let tries = 0; tries < 2; tries += 1) {
      await expect(store.append('1', 1, [line('b')])).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    }
    await expect(store.load('1')).rejects.toMatchObject({
      code: 'ERR_STORE_FAILED',
      message: expect.stringMatching(`^${folder} cannot be used: `) as string,
    });
    await rename(`${folder} away`, folder);
    const { last } = (await store.load('1'))!;
    expect([1, 2]).toContain(last);
    expect(await store.append('1', last, [line('c')])).toBe('ok');
    expect(await store.append('1', last, [line('d')])).toBe('fenced');
  });
});

describe('a write that has failed', () => {
  it('makes a load wait until LevelDB has closed, and then opens it again', async () => {
    const disk = await smallDisk('4m');
    const store = await opened(join(disk.folder, 'data'));
    await store.append('1', 0, [line('a')]);
    const calls: string[] = [];
    const closing = new EventEmitter();
    const { open, close } = ClassicLevel.prototype;
    const closes = vi.spyOn(ClassicLevel.prototype, 'close').mockImplementation(async function (
      this: ClassicLevel,
    ) {
      closing.emit('closing');
      // As when a compaction has to end first: an opening would be faster.
      for (let turn = 0; turn < 20; turn += 1) await readdir(disk.folder);
      await close.call(this);
      calls.push('closed');
    });
    const opens = vi.spyOn(ClassicLevel.prototype, 'open').mockImplementation(function (this: ClassicLevel) {
      calls.push('open');
      return open.call(this, {});
    });
    onTestFinished(() => {
      closes.mockRestore();
      opens.mockRestore();
    });
    await disk.fill();
    const fails = once(closing, 'closing');
    const append = store.append('1', 1, [line('y'.repeat(10_000))]);
    await fails;
    const load = store.load('1');
    await disk.empty();
    expect((await load)?.entries[0]).toEqual([1, line('a')]);
    expect(await append).toBe('ok');
    expect(calls.slice(0, 2)).toEqual(['closed', 'open']);
  });
});

describe('a full disk', () => {
  it('makes appends wait, loses nothing, and goes on by itself when there is space', async () => {
    const disk = await smallDisk('4m');
    const log = new Log();
    const store = await opened(join(disk.folder, 'data'), { logger: log });
    for (let last = 0; last < 10; last += 1) await store.append('1', last, [line('x'.repeat(10_000))]);
    await disk.fill();
    const answers: string[] = [];
    const appends = ['1', '2', '3'].map(async (id) => {
      answers.push(await store.append(id, id === '1' ? 10 : 0, [line('y'.repeat(10_000)), line('z')]));
    });
    await log.has('warn');
    expect(answers).toEqual([]);
    await disk.empty();
    await Promise.all(appends);
    expect(answers).toEqual(['ok', 'ok', 'ok']);
    expect(log.lines).toEqual([
      'warn the disk of the store is full: nothing is acked and nothing is sent until there is space',
      'info the store goes on',
    ]);
    await store.close();
    const again = await opened(join(disk.folder, 'data'));
    expect((await again.load('1'))?.entries.map(([sequence]) => sequence)).toEqual(numbers(12));
    expect((await again.load('2'))?.entries).toHaveLength(2);
  });

  it('may fill up again and again while much is appended and trimmed', async () => {
    const disk = await smallDisk('12m');
    const log = new Log();
    const store = await opened(join(disk.folder, 'data'), { logger: log });
    let last = 0;
    for (let round = 1; round <= 3; round += 1) {
      for (let step = 0; step < 60; step += 1, last += 1) {
        expect(await store.append('1', last, [line(`${last}`.padEnd(40_000, 'x'))])).toBe('ok');
      }
      await store.trim('1', last - 20);
      await disk.fill();
      const answer = store.append('1', last, [line(`${last}`.padEnd(40_000, 'x'))]);
      await log.has('warn', round);
      await disk.empty();
      expect(await answer).toBe('ok');
      last += 1;
    }
    await store.close();
    const again = await opened(join(disk.folder, 'data'));
    const stored = await again.load('1');
    expect(stored?.last).toBe(last);
    for (const [sequence, entry] of stored!.entries)
      expect(entry).toEqual(line(`${sequence - 1}`.padEnd(40_000, 'x')));
  });

  it('does not keep close waiting', async () => {
    const disk = await smallDisk('4m');
    const log = new Log();
    const store = await opened(join(disk.folder, 'data'), { logger: log });
    await store.append('1', 0, [line('a')]);
    await disk.fill();
    const append = store.append('1', 1, [line('y'.repeat(10_000))]);
    append.catch(() => undefined);
    await log.has('warn');
    await store.close();
    await expect(append).rejects.toMatchObject({
      code: 'ERR_STORE_FAILED',
      message: `the disk of ${store.folder} is full: make space. The last write may have been done or not`,
    });
    await disk.empty();
    const again = await opened(store.folder);
    expect((await again.load('1'))?.entries[0]).toEqual([1, line('a')]);
  });

  it('is named when a store cannot be opened because of it', async () => {
    const disk = await smallDisk('4m');
    const folder = join(disk.folder, 'data');
    await disk.fill();
    await expect(levelStore(folder)).rejects.toMatchObject({
      code: 'ERR_STORE_FAILED',
      message: `the disk of ${folder} is full: make space, and start again`,
    });
    await disk.empty();
    await opened(folder);
  });
});

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}
