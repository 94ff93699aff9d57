import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Entry } from '@iot/connection';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { help } from '../src/cli/settings.js';
import { bytesIn } from '../src/cli/size.js';
import { levelStore } from '../src/index.js';
import { bundled } from './bundle.js';
import { line, opened, smallDisk } from './folder.js';

let programs: string;

beforeAll(async () => {
  programs = await bundled('iot-store', 'src/cli/main.ts');
});

afterAll(() => rm(programs, { recursive: true }));

async function iotStore(...args: string[]) {
  const child = spawn(process.execPath, [join(programs, 'iot-store.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, stdout, stderr };
}

it('an error shows a control character of an argument, and does not send it to the terminal', async () => {
  const { code, stderr } = await iotStore('verify', '/no\u001b[2J\u009b/folder');
  expect(stderr).toMatch(/^error: .*\/no\\u001b\[2J\\u009b\/folder.*\n$/);
  expect(code).toBe(1);
});

const SECRET = 'the text of a line';
const v1 = { kind: 'in', version: 1, link: 1, restarted: false, zero: 'received', at: 1.8e12 } as const;
const entries: readonly Entry[] = [
  { kind: 'owner', epoch: '6f3a', node: 'server-1' },
  { ...v1, id: 0, fingerprint: 7, line: SECRET },
  { ...v1, id: 1, fingerprint: 8, line: 'b\u2028\u009b' },
  { kind: 'done', in: 2 },
  { kind: 'out', ticket: 0, line: 'c', qos: true, wait: true },
  { kind: 'out', ticket: 1, line: 'd', qos: true, wait: true },
  { kind: 'out', ticket: 2, line: 'e', qos: true, wait: false },
  { kind: 'sent', version: 2, number: 1, ticket: 0 },
  { kind: 'sent', version: 2, number: 2, ticket: 1 },
  { kind: 'acked', version: 2, number: 1 },
];

/** A line waits to be sent. */
const snapshot = {
  tickets: 1,
  lines: [{ ticket: 0, text: SECRET, lane: 'ordered' }],
  queued: [0],
  inbox: [],
  v1: null,
  v2: null,
  spokenV2: false,
};

/** A folder with sessions of two ids, one of them checkpointed and trimmed. */
async function filled(): Promise<string> {
  const folder = join(temporaryFolder(), 'data');
  await using store = await levelStore(folder);
  await store.append('cellar', 0, entries);
  await store.append('\u009bat\ntic\u0000', 0, [
    line('a'),
    line('b'),
    { kind: 'checkpoint', owner: '6f3a', snapshot },
    line('c'),
  ]);
  await store.trim('\u009bat\ntic\u0000', 2);
  return folder;
}

describe('iot-store', () => {
  it('inspect shows what there is of each id, and no text of lines', async () => {
    const folder = await filled();
    const { code, stdout, stderr } = await iotStore('inspect', folder);
    expect([code, stderr]).toEqual([0, '']);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.trim().split(/ +/));
    expect(rows).toEqual([
      ['id', 'last', 'checkpoint', 'in', 'out', 'bytes', 'owner'],
      ['"cellar"', '10', '-', '1', '2', '654', 'B', '"server-1"'],
      [String.raw`"\u009bat\ntic\u0000"`, '4', '3', '1', '1', '324', 'B', '-'],
    ]);
    expect(stdout).not.toContain(SECRET);
  });

  it('inspect --lines shows the entries too, and no control character', async () => {
    const { code, stdout } = await iotStore('inspect', '--lines', await filled());
    expect(code).toBe(0);
    expect(stdout).toContain(
      `"link":1,"restarted":false,"zero":"received","at":1800000000000,"id":0,"fingerprint":7,"line":"${SECRET}"}\n`,
    );
    expect(stdout).toContain(String.raw`"line":"b\u2028\u009b"`);
    expect(stdout).toContain(`  3 ${JSON.stringify({ kind: 'checkpoint', owner: '6f3a', snapshot })}\n`);
    expect(stdout).toMatch(/^[\n -~]*$/);
  });

  it('verify reads everything', async () => {
    const folder = await filled();
    const { code, stdout } = await iotStore('verify', folder);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^whole: 2 sessions, 13 entries, \d+(\.\d)? k?B\n$/);
  });

  it('verify fails with one line when a file is damaged', async () => {
    const folder = await filled();
    await iotStore('verify', folder);
    const name = (await readdir(folder)).find((it) => it.endsWith('.ldb'))!;
    const bytes = await readFile(join(folder, name));
    bytes[40]! ^= 1;
    await writeFile(join(folder, name), bytes);
    const { code, stdout, stderr } = await iotStore('verify', folder);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      new RegExp(`^error: ${folder}/${name} is damaged\\. Nothing was changed\\. .*\\n$`),
    );
  });

  it('compact gives back the space of what was trimmed', async () => {
    const folder = join(temporaryFolder(), 'data');
    {
      await using store = await levelStore(folder);
      // Random, so that LevelDB cannot compress them.
      const text = () => Array.from({ length: 1000 }, () => Math.random().toString(36).slice(2)).join('');
      for (let last = 0; last < 300; last += 1) await store.append('1', last, [line(text())]);
      await store.trim('1', 290);
    }
    const { code, stdout } = await iotStore('compact', folder);
    expect(code).toBe(0);
    const [, after, before] = /^([\d.]+) kB, before it was ([\d.]+) MB\n$/.exec(stdout)!;
    expect(Number(after)).toBeLessThan(400);
    expect(Number(before)).toBeGreaterThan(2);
    const store = await opened(folder);
    expect((await store.load('1'))?.entries).toHaveLength(11);
  });

  it('counts the bytes of a folder while its files are deleted', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, '000007.log'), '12345');
    await symlink('deleted', join(folder, '000005.log')); // listed, and not there
    expect(await bytesIn(folder)).toBe(5);
  });

  it('backup and restore give the same store', async () => {
    const folder = await filled();
    const [file, restored] = [`${folder}.backup`, join(folder, '..', 'deep', 'restored')];
    expect(await iotStore('backup', folder, file)).toEqual({
      code: 0,
      stdout: `${file} has 2 sessions\n`,
      stderr: '',
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await iotStore('restore', restored, file)).toEqual({
      code: 0,
      stdout: `${restored} has 2 sessions\n`,
      stderr: '',
    });
    const [a, b] = [await opened(folder), await opened(restored)];
    for await (const id of a.ids()) expect(await b.load(id)).toEqual(await a.load(id));
    expect(await b.append('cellar', entries.length - 1, [line('no')])).toBe('fenced');
    expect(await b.append('cellar', entries.length, [line('yes')])).toBe('ok');
  });

  it('restore takes an empty folder, and what a restore has left that was interrupted', async () => {
    const folder = await filled();
    const restored = join(folder, '..', 'restored');
    await iotStore('backup', folder, `${folder}.backup`);
    await mkdir(restored);
    await mkdir(`${restored}.restoring`);
    await writeFile(join(`${restored}.restoring`, 'CURRENT'), 'half');
    expect(await iotStore('restore', restored, `${folder}.backup`)).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(join(folder, '..'))).toEqual(['data', 'data.backup', 'restored']);
  });

  it('restore refuses a backup that is cut or changed, and makes nothing', async () => {
    const folder = await filled();
    const [file, restored] = [`${folder}.backup`, join(folder, '..', 'restored')];
    await iotStore('backup', folder, file);
    const whole = await readFile(file);
    const broken = [whole.subarray(0, -10), whole.subarray(0, whole.indexOf('\n') + 1), Buffer.alloc(0)];
    for (const at of [10, 200, whole.length - 20]) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 1;
      broken.push(changed);
    }
    for (const bytes of broken) {
      await writeFile(file, bytes);
      expect(await iotStore('restore', restored, file)).toEqual({
        code: 1,
        stdout: '',
        stderr: `error: ${file} is not a complete backup: use another one\n`,
      });
    }
    expect(await readdir(join(folder, '..'))).toEqual(['data', 'data.backup']);
  });

  it('restore fails on a full disk, and leaves nothing there', async () => {
    const folder = join(temporaryFolder(), 'data');
    {
      await using store = await levelStore(folder);
      for (let last = 0; last < 60; last += 1) await store.append('1', last, [line('x'.repeat(60_000))]);
    }
    await iotStore('backup', folder, `${folder}.backup`);
    const disk = await smallDisk('2m');
    const { code, stderr } = await iotStore('restore', join(disk.folder, 'data'), `${folder}.backup`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: the disk of \S+ is full: make space.*\n$/);
    expect(await readdir(disk.folder)).toEqual([]);
  });

  it('rename gives a session to the board that takes the place of another', async () => {
    const folder = await filled();
    expect(await iotStore('rename', folder, 'cellar', 'cellar 2')).toEqual({
      code: 0,
      stdout: 'the session of "cellar" is that of "cellar 2" now\n',
      stderr: '',
    });
    const store = await opened(folder);
    expect(await store.load('cellar')).toBeUndefined();
    expect((await store.load('cellar 2'))?.entries.map(([, entry]) => entry)).toEqual(entries);
    expect(await store.append('cellar 2', entries.length, [line('more')])).toBe('ok');
    expect(await store.append('cellar', 0, [line('new')])).toBe('ok');
  });

  it('prints how it is used, and the README says the same', async () => {
    expect(await iotStore('--help')).toEqual({ code: 0, stdout: help(), stderr: '' });
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const forms = [...help().matchAll(/^ {2}([a-z]+ [A-Z ]+?) {2,}/gm)].map(([, form]) => form!);
    expect(forms).toHaveLength(6);
    for (const form of forms) expect(readme).toContain(`| \`iot-store ${form}`);
  });
});

describe('iot-store fails with one line', () => {
  it.each([
    [[], 'a command is needed'],
    [['list', 'data'], 'there is no command "list"'],
    [['__proto__', 'data'], 'there is no command "__proto__"'],
    [['inspect'], 'inspect takes FOLDER'],
    [['inspect', ''], 'inspect takes FOLDER'],
    [['verify', 'data', 'more'], 'verify takes FOLDER'],
    [['backup', 'data'], 'backup takes FOLDER FILE'],
    [['rename', 'data', 'a'], 'rename takes FOLDER OLD NEW'],
    [['verify', 'data', '--lines'], '--lines is for inspect only'],
    [['inspect', 'data', '--line'], "Unknown option '--line'"],
  ])('and exit code 2 for %o', async (args, message) => {
    expect(await iotStore(...args)).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: ${message} (see --help)\n`,
    });
  });

  it('and exit code 1 when something is not there, or is in the way', async () => {
    const folder = await filled();
    const empty = temporaryFolder();
    const failures: readonly (readonly [string[], string | RegExp])[] = [
      [['inspect', empty], `there is no store in ${empty}: it has no iot-store.json`],
      [
        ['inspect', join(folder, 'CURRENT')],
        new RegExp(`^error: ${folder}/CURRENT is not a folder \\(ENOTDIR: .*\\): use another path\n$`),
      ],
      [['rename', folder, 'x', 'y'], 'there is no session of "x" (iot-store inspect lists all ids)'],
      [['rename', folder, 'cellar', 'cellar'], 'there is a session of "cellar" already: nothing was changed'],
      [
        ['backup', folder, join(folder, 'CURRENT')],
        `${folder}/CURRENT exists already: give the name of a new file`,
      ],
      [
        ['restore', folder, join(folder, 'none')],
        new RegExp(`^error: ${folder}/none cannot be used: ENOENT: no such file or directory, open '.*'\n$`),
      ],
    ];
    for (const [args, message] of failures) {
      const { code, stdout, stderr } = await iotStore(...args);
      expect([code, stdout]).toEqual([1, '']);
      if (typeof message === 'string') expect(stderr).toBe(`error: ${message}\n`);
      else expect(stderr).toMatch(message);
    }
    expect(await readdir(empty)).toEqual([]);
    await iotStore('backup', folder, `${folder}.backup`);
    expect((await iotStore('restore', folder, `${folder}.backup`)).stderr).toBe(
      `error: ${folder} is not empty: restore into a folder that does not exist, or move this one away first\n`,
    );
    await cp(folder, `${folder} copy`, { recursive: true });
    await truncate(`${folder}.backup`, 0);
    await opened(folder);
    expect((await iotStore('inspect', folder)).stderr).toMatch(/^error: .* is in use: .*\n$/);
  });
});
