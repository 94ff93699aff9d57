import { Program } from '@iot/app-kit/testing';
import { describe, expect, it } from 'vitest';
import { tree } from './tree.js';

const commands = tree()
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

describe.each(commands)('iot $name', ({ words, description, options }) => {
  it('says what it does', () => {
    expect(description).not.toBe('');
    for (const option of options) expect(option.description).not.toBe('');
  });

  it('ends a usage error with one line and exit code 2', async () => {
    const { code, stdout, stderr } = await new Program('iot', [...words, '--missing=secret']).outcome;
    expect(stderr).toBe("error: unknown option '--missing'\n");
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});
