import { chownSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openKeys } from '@iot/server/keys';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { expect, it } from 'vitest';
import { iot } from './iot.js';

const keys = (...args: string[]) => iot('keys', ...args);

/** A file with two keys and a comment. */
function someKeys(): string {
  const path = join(temporaryFolder(), 'keys.psk');
  writeFileSync(path, `# boards\ncellar:${'ab'.repeat(32)}\nat:tic:${'cd'.repeat(32)}\n`, { mode: 0o600 });
  return path;
}

it('add makes a file that only its owner can read, with a key that the server reads', async () => {
  const path = join(temporaryFolder(), 'keys.psk');
  const { code, stdout, stderr } = await keys('add', 'cellar', '--file', path);
  expect(stderr).toBe(
    `"cellar" has a key in ${path}; a running server uses the change after SIGHUP or a restart\n`,
  );
  expect(code).toBe(0);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const key = (await openKeys(path)).get('cellar')!;
  expect(key).toHaveLength(32);
  expect(stdout).toBe(`cellar:${key.toString('hex')}\n`);
  expect(readdirSync(dirname(path))).toEqual(['keys.psk']);
});

it('add and revoke leave the other lines of the file as they are', async () => {
  const path = someKeys();
  const before = readFileSync(path, 'utf8');
  const { stdout } = await keys('add', 'shed', '--file', path);
  expect(readFileSync(path, 'utf8')).toBe(before + stdout);
  expect((await keys('revoke', 'shed', '--file', path)).code).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect((await keys('revoke', 'at:tic', '--file', path)).code).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe(`# boards\ncellar:${'ab'.repeat(32)}\n`);
});

it('add changes no file whose last line has no end: it may be half of a key', async () => {
  const path = someKeys();
  const before = readFileSync(path, 'utf8').trimEnd();
  writeFileSync(path, before);
  const { code, stderr } = await keys('add', 'shed', '--file', path);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `error: ${path}: the last line has no newline: is the file still being written?\n`,
  });
  expect(readFileSync(path, 'utf8')).toBe(before);
});

it('add changes the file that a symbolic link leads to, and leaves the link', async () => {
  const path = someKeys();
  const link = join(temporaryFolder(), 'link.psk');
  symlinkSync(path, link);
  await keys('add', 'shed', '--file', link);
  expect((await openKeys(path)).identities).toContain('shed');
  expect(readFileSync(link, 'utf8')).toBe(readFileSync(path, 'utf8'));
});

it('add changes the file of a server that runs as another user, which stays that of this user', async () => {
  const path = someKeys();
  // Root alone can give a file away.
  const owner = process.getuid!() === 0 ? 4711 : process.getuid!();
  chownSync(path, owner, process.getgid!());
  expect((await keys('add', 'shed', '--file', path)).code).toBe(0);
  expect(statSync(path).uid).toBe(owner);
  expect((await keys('list', '--file', path)).stdout).toBe('cellar\nat:tic\nshed\n');
});

it('list prints the ids and no keys', async () => {
  const path = someKeys();
  expect(await keys('list', '--file', path)).toEqual({ code: 0, stdout: 'cellar\nat:tic\n', stderr: '' });
  expect((await keys('list', '--file', path, '--json')).stdout).toBe('["cellar","at:tic"]\n');
});

it('show prints the key of one client', async () => {
  const path = someKeys();
  const key = 'ab'.repeat(32);
  expect((await keys('show', 'cellar', '--file', path)).stdout).toBe(`cellar:${key}\n`);
  expect((await keys('show', 'cellar', '--file', path, '--json')).stdout).toBe(
    `{"id":"cellar","key":"${key}"}\n`,
  );
});

it.each(['show', 'revoke'])(
  '%s of a client without a key ends with one line and exit code 5',
  async (name) => {
    const path = someKeys();
    const { code, stderr } = await keys(name, 'shed', '--file', path);
    expect(stderr).toBe(`error: ${path} has no key of "shed"\n`);
    expect(code).toBe(5);
  },
);

it('add does not give a client a second key', async () => {
  const path = someKeys();
  const before = readFileSync(path, 'utf8');
  const { code, stderr } = await keys('add', 'cellar', '--file', path);
  expect(stderr).toBe(
    `error: "cellar" already has a key in ${path}: remove it with iot keys revoke, then add another\n`,
  );
  expect(code).toBe(1);
  expect(readFileSync(path, 'utf8')).toBe(before);
});

it.each([' cellar', '#1', 'a\nb', ''])('add refuses the id %j', async (id) => {
  const path = join(temporaryFolder(), 'keys.psk');
  const { code, stderr } = await keys('add', '--file', path, '--', id);
  expect(stderr).toMatch(/^error: ".*" cannot have a key: [^\n]*\n$/);
  expect(code).toBe(2);
});

it('what would make the file unreadable for the server is not written', async () => {
  const path = someKeys();
  const before = readFileSync(path, 'utf8');
  const { code, stderr } = await keys('add', `two:${'ab'.repeat(16)}`, '--file', path);
  expect(stderr).toBe(`error: ${path}.new, line 4: the line has two keys\n`);
  expect(code).toBe(2);
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(readdirSync(dirname(path))).toEqual(['keys.psk']);
});

it.each([
  [
    'others can read',
    (path: string) => writeFileSync(path, '', { mode: 0o644 }),
    /others can read or write .*chmod 600/,
  ],
  ['is not there', () => undefined, /cannot be opened \(ENOENT\)/],
  [
    'holds no keys',
    (path: string) => writeFileSync(path, 'secret', { mode: 0o600 }),
    /line 1: a line is identity:key/,
  ],
])('a file that %s is one line and exit code 2', async (_, make, message) => {
  const path = join(temporaryFolder(), 'keys.psk');
  make(path);
  for (const args of [['list'], ['show', '1'], ['revoke', '1']]) {
    const { code, stdout, stderr } = await keys(...args, '--file', path);
    expect(stderr).toMatch(/^error: [^\n]*\n$/);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  }
});

it('of two commands that change the keys at once, one does, or both one after the other', async () => {
  const path = someKeys();
  const ids = ['1', '2', '3', '4'];
  const outcomes = await Promise.all(ids.map((id) => keys('add', id, '--file', path)));
  for (const { code, stderr } of outcomes) {
    if (code === 1) expect(stderr).toMatch(/^error: .*\.new exists: another command is changing the keys/);
    else expect(code).toBe(0);
  }
  const added = ids.filter((_, index) => outcomes[index]!.code === 0);
  expect(added).not.toEqual([]);
  expect((await openKeys(path)).identities.sort()).toEqual([...added, 'cellar', 'at:tic'].sort());
});
