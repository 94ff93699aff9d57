import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { EXIT_CODES } from '../../src/exit-codes.js';
import { tree } from '../tree.js';
import { manual } from './manual.js';

const all = await tree();
const page = fileURLToPath(new URL('../../man/iot.1', import.meta.url));
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it('the manual is the one of these commands', async () => {
  await expect(manual(all)).toMatchFileSnapshot(page);
});

it('the manual is packed, where man finds it', () => {
  const manifest = JSON.parse(read('package.json')) as {
    readonly man: string;
    readonly files: readonly string[];
  };
  expect(manifest.man).toBe('./man/iot.1');
  expect(manifest.files).toContain('man');
});

const groff = '/usr/bin/groff';

it.runIf(existsSync(groff))('groff, which man starts, reads the manual without a warning', () => {
  const { stdout: printed, stderr } = spawnSync(groff, ['-man', '-ww', '-Tascii', '-P-cbuo', page], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  for (const { words } of all.filter(({ commands }) => commands.length === 0)) {
    expect(printed).toMatch(new RegExp(`^ +iot ${words.join(' ')}`, 'm'));
  }
});

it('the README has every command and every exit code', () => {
  const readme = read('README.md');
  for (const { words, commands } of all) {
    if (commands.length === 0) expect(readme).toContain(`\`iot ${words.join(' ')}`);
  }
  for (const [code, meaning] of Object.entries(EXIT_CODES)) {
    const row = readme.split('\n').find((line) => line.startsWith(`| ${code} `));
    expect(row).toContain(meaning);
  }
});

it('the README has every option of iot serve', () => {
  const readme = read('README.md');
  const serve = all.find(({ words }) => words.join(' ') === 'serve')!;
  for (const { names } of serve.options) {
    if (!names.includes('--help')) expect(readme, names[0]).toContain(`\`${names.at(-1)!}`);
  }
});
