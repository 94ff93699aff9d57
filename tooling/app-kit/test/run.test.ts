import { stripVTControlCharacters } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import { runUntilStopped } from '../src/index.js';

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** What is printed, and the exit code, when a program fails with this error. */
async function failing(main: () => Promise<void>) {
  const printed: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  await runUntilStopped(main, { exitCodeOf: (error) => (error instanceof TypeError ? 7 : 1) });
  return { printed: printed.join(''), code: process.exitCode };
}

it('an error is one line, and the exit code is the one that belongs to it', async () => {
  const { printed, code } = await failing(() => Promise.reject(new TypeError('no port')));
  expect(printed).toMatch(/error:\S* no port\n$/);
  expect(code).toBe(7);
});

it('an error is one line, whatever is in it', async () => {
  const { printed } = await failing(() => Promise.reject(new Error('no file a\n\u001b[2J\u009b')));
  expect(printed).toMatch(/error:\S* no file a\\u000a\\u001b\[2J\\u009b\n$/);
});

it('what failed first is said before what could not be closed after it, and each message once', async () => {
  const { printed, code } = await failing(async () => {
    await using _store = { [Symbol.asyncDispose]: () => Promise.reject(new Error('not closed either')) };
    await using _file = { [Symbol.asyncDispose]: () => Promise.reject(new Error('no port')) };
    await using _link = { [Symbol.asyncDispose]: () => Promise.reject(new Error('not closed')) };
    throw new TypeError('no port');
  });
  expect(stripVTControlCharacters(printed)).toBe(
    'error: no port\nwhile it ended: not closed\nwhile it ended: not closed either\n',
  );
  expect(code).toBe(7);
});
