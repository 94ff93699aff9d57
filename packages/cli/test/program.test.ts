import { Program } from '@iot/app-kit/testing';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { program } from '../src/program.js';

/** All commands, by the words that start them. */
function all(
  command: Command,
  before: readonly string[] = [],
): { name: string; words: string[]; command: Command }[] {
  return command.commands.flatMap((each) => {
    const words = [...before, each.name()];
    return [{ name: words.join(' '), words, command: each }, ...all(each, words)];
  });
}

const unused = () => undefined;
const commands = all(
  program({ stop: new AbortController().signal, print: unused, write: () => Promise.resolve(), say: unused }),
);

it('iot without a command prints the commands, with exit code 2', async () => {
  const { code, stdout, stderr } = await new Program('iot', []).outcome;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^Usage: iot \[options\] \[command\]\n/);
});

it('iot --version prints the version', async () => {
  const { code, stdout } = await new Program('iot', ['--version']).outcome;
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
});

describe.each(commands)('iot $name', ({ words, command }) => {
  it('says what it does', () => {
    expect(command.description()).not.toBe('');
    for (const { description } of command.options) expect(description).not.toBe('');
  });

  it('ends a usage error with one line and exit code 2', async () => {
    const { code, stdout, stderr } = await new Program('iot', [...words, '--no-such=secret']).outcome;
    expect(stderr).toBe("error: unknown option '--no-such'\n");
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});
