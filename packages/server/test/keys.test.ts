import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openKeysOfAnyUser } from '../src/internal/index.js';
import { makeKey, openKeys, sameKey } from '../src/keys/index.js';
import type { Board } from './board.js';
import { keyOptions, local, start, tlsBoard } from './tls-tools.js';

const [ONE, TWO] = ['11'.repeat(32), '22'.repeat(32)];

/** A file with this text, and how to write another one into it. */
function keyFile(text: string, mode = 0o600) {
  const path = join(temporaryFolder(), 'keys.psk');
  const write = (more: string) => writeFileSync(path, more);
  write(text);
  chmodSync(path, mode);
  return { path, write };
}

describe('a file of keys', () => {
  it('has a line for each identity', async () => {
    const { path } = keyFile(`# of the garden\ncellar:${ONE}\n\nattic:left:${TWO.toUpperCase()}\r\n`);
    const keys = await openKeys(path);
    expect(keys.identities).toEqual(['cellar', 'attic:left']);
    expect(keys.get('cellar')?.toString('hex')).toBe(ONE);
    expect(keys.get('attic:left')?.toString('hex')).toBe(TWO);
    expect(keys.get('attic')).toBeUndefined();
  });

  it.each([0o640, 0o604, 0o644, 0o660, 0o620])(
    'that others can read or write is refused: mode %o',
    async (mode) => {
      const { path } = keyFile(`cellar:${ONE}\n`, mode);
      await expect(openKeys(path)).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_KEY_FILE',
        message: `others can read or write ${path} (mode 0${mode.toString(8)}), and its keys may be known: chmod 600 ${path}, and make new keys`,
      });
    },
  );

  describe('of another user', () => {
    const [OWN, OTHER] = [4711, 4712];
    function runsAs(uid: number): void {
      const spy = vi.spyOn(process, 'geteuid').mockReturnValue(uid);
      onTestFinished(() => spy.mockRestore());
    }

    /** Root can make one; a file of any other user is another user's for a process that seems to run as `OWN`. */
    function foreign(path: string): number {
      if (process.getuid!() === 0) chownSync(path, OTHER, 0);
      return statSync(path).uid;
    }

    it.each([OWN, 0])('is refused, also by a process of root: %i', async (own) => {
      const { path } = keyFile(`cellar:${ONE}\n`);
      const owner = foreign(path);
      runsAs(own);
      await expect(openKeys(path)).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_KEY_FILE',
        message: `${path} belongs to the user ${owner}, who can change its keys, and this process runs as the user ${own}: chown ${own} ${path}, or run the process as its owner`,
      });
    });

    it('is refused when it is read again, and the keys stay', async () => {
      const { path } = keyFile(`cellar:${ONE}\n`);
      const keys = await openKeys(path);
      foreign(path);
      runsAs(OWN);
      await expect(keys.reload()).rejects.toMatchObject({ code: 'ERR_KEY_FILE' });
      expect(keys.get('cellar')?.toString('hex')).toBe(ONE);
    });

    it('is read when it is that of root', async () => {
      runsAs(OWN);
      // All can read it, which is looked at after its owner.
      await expect(openKeys('/etc/passwd')).rejects.toThrow('others can read or write /etc/passwd');
    });

    it('is read by a command by which root looks after it', async () => {
      const { path } = keyFile(`cellar:${ONE}\n`);
      foreign(path);
      runsAs(OWN);
      expect((await openKeysOfAnyUser(path)).identities).toEqual(['cellar']);
    });
  });

  it('that is read again while that goes on has what it had last', async () => {
    const many = Array.from({ length: 20_000 }, (_, at) => `id ${at}:${TWO}\n`).join('');
    const { path, write } = keyFile(`cellar:${ONE}\n${many}`);
    const keys = await openKeys(path);
    const first = keys.reload();
    write(`attic:${TWO}\n`);
    await Promise.all([first.catch(() => []), keys.reload()]);
    expect(keys.identities).toEqual(['attic']);
  });

  it('whose last line is not whole is refused: half of a key is a key too', async () => {
    const { path } = keyFile(`cellar:${ONE}\nattic:${TWO.slice(0, 40)}`);
    await expect(openKeys(path)).rejects.toMatchObject({
      code: 'ERR_KEY_FILE',
      message: `${path}: the last line has no newline: is the file still being written?`,
    });
  });

  it('that is not UTF-8 is refused: an id in another encoding would be that of no client', async () => {
    const { path } = keyFile('');
    writeFileSync(path, Buffer.from(`k\xfcche:${ONE}\n`, 'latin1'));
    await expect(openKeys(path)).rejects.toMatchObject({
      code: 'ERR_KEY_FILE',
      message: `${path} is not UTF-8`,
    });
  });

  it('may be empty', async () => {
    expect((await openKeys(keyFile('').path)).identities).toEqual([]);
  });

  it('that is a folder is refused, by name', async () => {
    const path = join(temporaryFolder(), 'keys');
    mkdirSync(path, { mode: 0o700 });
    await expect(openKeys(path)).rejects.toMatchObject({
      code: 'ERR_KEY_FILE',
      message: `${path} is a folder, not a file of keys`,
    });
  });

  it('that does not exist is refused, by name', async () => {
    await expect(openKeys('/nowhere/keys.psk')).rejects.toMatchObject({
      code: 'ERR_KEY_FILE',
      message: '/nowhere/keys.psk cannot be opened (ENOENT): does it exist, and may this user read it?',
    });
  });

  it.each([
    ['no key', 'cellar\n', 'a line is identity:key'],
    ['no identity', `:${ONE}\n`, 'a line is identity:key'],
    ['a key that is not hexadecimal', `cellar:secret${ONE}\n`, 'a line is identity:key'],
    ['half a digit pair', `cellar:${ONE}1\n`, 'a line is identity:key'],
    ['a short key', 'cellar:1111\n', 'a key must have 16 to 64 bytes'],
    ['a long key', `cellar:${ONE}${ONE}11\n`, 'a key must have 16 to 64 bytes'],
    ['two keys', `cellar:${ONE}:${TWO}\n`, 'the line has two keys'],
    ['a blank before the identity', ` cellar:${ONE}\n`, 'there are blanks around the identity'],
    ['two keys of one identity', `cellar:${ONE}\ncellar:${TWO}\n`, 'this identity has a key already'],
  ])('with %s is refused, with the number of the line and without its text', async (_, text, message) => {
    const { path } = keyFile(`# first\n${text}`);
    const error: unknown = await openKeys(path).catch((it: unknown) => it);
    const line = text.split('\n').length;
    expect(error).toMatchObject({
      code: 'ERR_KEY_FILE',
      message: expect.stringContaining(`${path}, line ${line}: ${message}`) as string,
    });
    for (const secret of ['1111', 'secret', 'cellar']) expect(inspect(error)).not.toContain(secret);
  });

  it('is read again when told, and says whose key is not the same', async () => {
    const { path, write } = keyFile(`same:${ONE}\nother:${ONE}\ngone:${ONE}\n`);
    const keys = await openKeys(path);
    write(`same:${ONE}\nother:${TWO}\nnew:${TWO}\n`);
    expect(keys.get('new')).toBeUndefined();
    expect(await keys.reload()).toEqual(['other', 'gone']);
    expect(keys.identities).toEqual(['same', 'other', 'new']);
  });

  it('that is bad when it is read again leaves the keys as they were', async () => {
    const { path, write } = keyFile(`cellar:${ONE}\n`);
    const keys = await openKeys(path);
    write('cellar\n');
    await expect(keys.reload()).rejects.toMatchObject({ code: 'ERR_KEY_FILE' });
    chmodSync(path, 0o644);
    await expect(keys.reload()).rejects.toMatchObject({ code: 'ERR_KEY_FILE' });
    expect(keys.get('cellar')?.toString('hex')).toBe(ONE);
  });

  it('shows no key when it is inspected or turned into JSON', async () => {
    const keys = await openKeys(keyFile(`cellar:${ONE}\n`).path);
    const seen = inspect(keys, { depth: 20, showHidden: true }) + JSON.stringify(keys);
    expect(seen).toContain('keys.psk');
    expect(seen).not.toContain('11 11');
    expect(seen).not.toContain('1111');
  });

  it('is what a server asks for keys', async () => {
    const { path } = keyFile(`board:${ONE}\n`);
    const keys = await openKeys(path);
    const server = await start({ ...local, tls: { port: 0, psk: keys.get } });
    using board: Board = await tlsBoard(server, keyOptions('board', Buffer.from(ONE, 'hex')));
    board.says('board\n\n');
    await board.hears('\n');
  });

  it('of which a key is taken out lets its client in no more, after a restart neither, until it is put back', async () => {
    const whole = `board:${ONE}\nother:${TWO}\n`;
    const { path, write } = keyFile(whole);
    let keys = await openKeys(path);
    let server = await start({ ...local, tls: { port: 0, psk: keys.get } });
    const attempt = () => tlsBoard(server, keyOptions('board', Buffer.from(ONE, 'hex')));
    using revoked = await attempt();
    revoked.says('board\n\n');
    await revoked.hears('\n');

    write(`other:${TWO}\n`);
    for (const id of await keys.reload()) await server.disconnect(id, 'revoked');
    await revoked.gone();
    await expect(attempt()).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_SSL_/) as string });

    await server.close();
    keys = await openKeys(path);
    server = await start({ ...local, tls: { port: 0, psk: keys.get } });
    await expect(attempt()).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_SSL_/) as string });

    write(whole);
    await keys.reload();
    using back = await attempt();
    back.says('board\n\n');
    await back.hears('\n');
  });
});

it('a new key has 256 bits, and is another one each time', () => {
  const keys = Array.from({ length: 100 }, () => makeKey());
  expect(new Set(keys.map((key) => key.length))).toEqual(new Set([32]));
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(100);
});

it('two keys are the same when all their bytes are', () => {
  const key = makeKey();
  const almost = Buffer.from(key);
  almost[31]! ^= 1;
  expect(sameKey(key, Buffer.from(key))).toBe(true);
  expect(sameKey(key, almost)).toBe(false);
  expect(sameKey(key, key.subarray(0, 31))).toBe(false);
});
