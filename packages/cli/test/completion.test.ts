import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, expect, it } from 'vitest';
import { bash } from '../src/completion/bash.js';
import { fish } from '../src/completion/fish.js';
import { zsh } from '../src/completion/zsh.js';
import { tree } from './tree.js';
import { iot } from './iot.js';

const all = await tree();

describe('bash', () => {
  const script = bash(all);

  /** What bash offers for these words, of which the last one is not whole, in a folder with some files. */
  function completed(...words: string[]): string[] {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'iot.yaml'), '');
    mkdirSync(join(folder, 'my store'));
    const ask = [
      script,
      'COMP_WORDS=(iot "$@"); COMP_CWORD=$#; _iot',
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ].join('\n');
    const printed = execFileSync('bash', ['--norc', '-c', ask, 'bash', ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    return printed.split('\n').filter((line) => line !== '');
  }

  it('completes commands', () => {
    expect(completed('')).toEqual(
      expect.arrayContaining(['serve', 'ls', 'tail', 'keys', 'store', '--version']),
    );
    expect(completed('se')).toEqual(['serve', 'send']);
    expect(completed('keys', '')).toEqual(expect.arrayContaining(['add', 'list', 'revoke', 'show']));
    expect(completed('keys', 're')).toEqual(['revoke']);
  });

  it('completes the options of the command', () => {
    expect(completed('ls', '--')).toEqual(['--url', '--token-file', '--json', '--sort', '--help']);
    expect(completed('serve', '--admin-')).toEqual(['--admin-port', '--admin-host']);
    expect(completed('keys', 'add', 'cellar', '--f')).toEqual(['--file']);
  });

  it('completes the values of an option that takes some words', () => {
    expect(completed('serve', '--admit', '')).toEqual(['any', 'expected']);
    expect(completed('serve', '--log-level', 'w')).toEqual(['warn']);
  });

  it('completes files, also with a blank in their names', () => {
    expect(completed('serve', '--config', '').sort()).toEqual(['iot.yaml', 'my store']);
    expect(completed('store', 'inspect', 'm')).toEqual(['my store']);
  });

  it('offers nothing in the place of a value of any other option', () => {
    expect(completed('serve', '--port', '')).toEqual([]);
  });
});

it('each shell is given every command and option', () => {
  for (const script of [bash(all), zsh(all), fish(all)]) {
    for (const { words, options } of all) {
      for (const word of words) expect(script).toContain(word);
      for (const name of options.flatMap(({ names }) => names))
        expect(script).toContain(name.replace(/^--?/, ''));
    }
  }
});

it.runIf(existsSync('/usr/bin/zsh'))(
  'zsh is given the commands and options of the words before the cursor',
  () => {
    const path = join(temporaryFolder(), '_iot');
    writeFileSync(path, zsh(all));
    // In the place of what its completion system calls.
    const stubs = [
      'compdef() { }',
      '_files() { print files }',
      'compadd() { print -l -- "${@:2}" }',
      '_describe() { print -l -- "${(P@)@[-1]}" }',
    ];
    const ask = (...words: string[]) =>
      execFileSync(
        'zsh',
        [
          '-f',
          '-c',
          `${stubs.join('\n')}\nsource "$1"\nwords=(iot "\${@:2}"); CURRENT=$#words; _iot`,
          'zsh',
          path,
          ...words,
        ],
        { encoding: 'utf8' },
      ).split('\n');
    expect(ask('')).toContain('serve:a server for boards, until it is stopped');
    expect(ask('keys', '')).toContain('revoke:remove the key of a client from the file');
    expect(ask('serve', '--admit', '')).toEqual(['any', 'expected', '']);
    expect(ask('serve', '--config', '')).toEqual(['files', '']);
    expect(ask('store', 'inspect', '')).toContain('files');
  },
);

it.runIf(existsSync('/usr/bin/fish'))('fish reads its script, and completes', () => {
  const path = join(temporaryFolder(), 'script');
  writeFileSync(path, fish(all));
  const ask = (line: string) =>
    execFileSync('fish', ['--no-config', '-c', `source ${path}; complete -C '${line}'`], {
      encoding: 'utf8',
    });
  expect(ask('iot ser')).toMatch(/^serve\t/);
  expect(ask('iot keys re')).toMatch(/^revoke\t/);
  expect(ask('iot serve --admit ')).toMatch(/^any\t.*\nexpected\t/);
});

it('iot completion prints the script of a shell', async () => {
  expect(await iot('completion', 'bash')).toEqual({
    code: 0,
    stdout: bash(all),
    stderr: '',
  });
  expect(await iot('completion', 'csh')).toEqual({
    code: 2,
    stdout: '',
    stderr:
      "error: command-argument value 'csh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.\n",
  });
});
