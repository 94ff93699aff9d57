import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from '@iot/app-kit/testing';
import { describe, expect, inject, it } from 'vitest';
import { tree } from './tree.js';
import { iot } from './iot.js';

const commands = (await tree())
  .filter(({ words }) => words.length > 0)
  .map((entry) => ({ ...entry, name: entry.words.join(' ') }));

it('iot without a command prints the commands, with exit code 2', async () => {
  const { code, stdout, stderr } = await new Program('iot', []).outcome;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^Usage: iot \[options\] \[command\]\n/);
});

it('iot --version prints the version', async () => {
  const { code, stdout } = await new Program('iot', ['--version']).outcome;
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
});

it('iot loads no broker, no store and no admin interface before a command needs them', () => {
  const folder = inject('programs');
  const loaded = new Set<string>();
  const load = (path: string) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    if (!path.startsWith('/')) return;
    const imports = readFileSync(path, 'utf8').matchAll(/^import (?:[^'"]* from )?["'](.+)["'];$/gm);
    for (const [, name] of imports) load(name!.startsWith('.') ? join(folder, name!) : name!);
  };
  load(join(folder, 'iot.js'));
  expect(loaded).toContain('commander');
  const heavy = /\/(mqtt|classic-level|yaml)\//;
  expect([...loaded].filter((name) => heavy.test(name))).toEqual([]);
  for (const name of readdirSync(folder)) load(join(folder, name));
  expect([...loaded].filter((name) => heavy.test(name))).toHaveLength(3);
});

describe.each(commands)('iot $name', ({ words, description, options }) => {
  it('says what it does', () => {
    expect(description).not.toBe('');
    for (const option of options) expect(option.description).not.toBe('');
  });

  it('ends a usage error with one line and exit code 2', async () => {
    const { code, stdout, stderr } = await iot(...words, '--missing=secret');
    expect(stderr).toBe("error: unknown option '--missing'\n");
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});
