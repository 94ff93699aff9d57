import { describe, expect, it } from 'vitest';
import {
  checkId,
  checkLine,
  DEFAULT_MAX_ID_BYTES,
  DEFAULT_MAX_LINE_BYTES,
  hasControlCharacter,
  UsageError,
  type ErrorCode,
} from '../src/index.js';

const NO_STRINGS: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['number', 1],
  ['boolean', true],
  ['object', { toString: () => 'hi' }],
  ['object', Buffer.from('hi')],
  ['object', ['hi']],
  ['symbol', Symbol('hi')],
  ['bigint', 1n],
  ['function', () => 'hi'],
];

function refused(act: () => unknown, code: ErrorCode, message: RegExp): void {
  let error: unknown;
  try {
    act();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(UsageError);
  expect(error).toMatchObject({ name: 'UsageError', code });
  expect((error as UsageError).message).toMatch(message);
}

describe('checkLine', () => {
  it.each([
    ['hi', 'hi'],
    ['hi\n', 'hi'],
    ['hi\r\n', 'hi\r'],
    ['', ''],
    ['\n', ''],
    [' ', ' '],
    ['\r', '\r'],
    ['\0', '\0'],
    ['\ufeffhi', '\ufeffhi'],
    ['a\u2028b', 'a\u2028b'],
    ['😀', '😀'],
  ])('lets %j through as %j', (line, text) => {
    expect(checkLine(line, 100)).toBe(text);
  });

  it.each(NO_STRINGS)('refuses a value that is not a string: %s', (what, line) => {
    refused(() => checkLine(line, 100), 'ERR_BAD_LINE', new RegExp(`^a line must be a string, not ${what}$`));
  });

  it.each(['a\nb', '\na', 'a\n\n', '\n\n', 'a\nb\n'])(
    'refuses a newline that is not the one at the end: %j',
    (line) => {
      refused(() => checkLine(line, 100), 'ERR_BAD_LINE', /newline/);
    },
  );

  it.each(['\ud83d', '\ude00', 'a\ud83db', '\ude00\ud83d', '\ud83d\n'])(
    'refuses half of a surrogate pair: %j',
    (line) => {
      refused(() => checkLine(line, 100), 'ERR_BAD_LINE', /surrogate/);
    },
  );

  it.each([
    ['ASCII', 'x'.repeat(12), 'x'.repeat(13)],
    ['two bytes a character', 'é'.repeat(6), `${'é'.repeat(6)}x`],
    ['three bytes a character', '€'.repeat(4), `${'€'.repeat(4)}x`],
    ['four bytes a character', '😀'.repeat(3), `${'😀'.repeat(3)}x`],
  ])('counts its limit in bytes of UTF-8: %s', (_, fits, tooLong) => {
    expect(checkLine(fits, 12)).toBe(fits);
    refused(() => checkLine(tooLong, 12), 'ERR_BAD_LINE', /longer than maxLineBytes \(12\)/);
  });

  it('does not count the newline at the end', () => {
    expect(checkLine(`${'x'.repeat(12)}\n`, 12)).toBe('x'.repeat(12));
  });

  it('has 64 KiB as its default limit', () => {
    const longest = 'x'.repeat(65_536);
    expect(checkLine(longest, DEFAULT_MAX_LINE_BYTES)).toBe(longest);
    refused(() => checkLine(`${longest}x`, DEFAULT_MAX_LINE_BYTES), 'ERR_BAD_LINE', /65536/);
  });
});

describe('checkId', () => {
  it.each([
    ['1', '1'],
    ['1\n', '1'],
    ['board 7', 'board 7'],
    ['küche', 'küche'],
    ['😀', '😀'],
  ])('lets %j through as %j', (id, text) => {
    expect(checkId(id, 256)).toBe(text);
  });

  it.each(NO_STRINGS)('refuses a value that is not a string: %s', (what, id) => {
    refused(() => checkId(id, 256), 'ERR_BAD_ID', new RegExp(`^an id must be a string, not ${what}$`));
  });

  it.each(['', '\n'])('refuses an id that is empty: %j', (id) => {
    refused(() => checkId(id, 256), 'ERR_BAD_ID', /empty/);
  });

  it.each(['1\n\n', 'a\nb', '1\r', '1\r\n', '\0', 'a\tb', '\x1b[31m', '\x7f', '\u0085', '\u009f'])(
    'refuses control characters: %j',
    (id) => {
      refused(() => checkId(id, 256), 'ERR_BAD_ID', /control characters/);
    },
  );

  it('refuses half of a surrogate pair', () => {
    refused(() => checkId('\ud83d', 256), 'ERR_BAD_ID', /surrogate/);
  });

  it('has 256 bytes of UTF-8 as its default limit', () => {
    const longest = 'é'.repeat(128);
    expect(checkId(`${longest}\n`, DEFAULT_MAX_ID_BYTES)).toBe(longest);
    refused(() => checkId(`${longest}x`, DEFAULT_MAX_ID_BYTES), 'ERR_BAD_ID', /longer than 256 bytes/);
  });
});

describe('hasControlCharacter', () => {
  it('knows all of C0, DEL and C1, and nothing else below U+0200', () => {
    const control = Array.from({ length: 0x200 }, (_, code) => code).filter((code) =>
      hasControlCharacter(`a${String.fromCharCode(code)}b`),
    );
    const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
    expect(control).toEqual([...range(0, 0x1f), ...range(0x7f, 0x9f)]);
  });
});
