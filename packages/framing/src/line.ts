import { UsageError } from './errors.js';
import { isLongerThan } from './utf8.js';

/** Largest text of one line, in bytes of UTF-8, at either end by default (PROTOCOL.md section 6). */
export const DEFAULT_MAX_LINE_BYTES = 64 * 1024;

/** Largest client id, in bytes of UTF-8 (PROTOCOL.md section 6). */
export const DEFAULT_MAX_ID_BYTES = 256;

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** True when the text holds a control character, which an id may not (PROTOCOL.md section 6). */
export function hasControlCharacter(text: string): boolean {
  return CONTROL.test(text);
}

/**
 * The text to send for a line that a caller wrote: without its one trailing newline. Empty text means that there is
 * nothing to send (PROTOCOL.md section 1: it would read as an ack).
 *
 * @throws UsageError `ERR_BAD_LINE` for a value that is not a string, holds a newline or a lone surrogate, or is too long.
 */
export function checkLine(line: unknown, maxLineBytes: number): string {
  const text = withoutTrailingNewline(line, 'ERR_BAD_LINE', 'a line');
  if (text.includes('\n')) {
    throw new UsageError(
      'ERR_BAD_LINE',
      'a line cannot hold a newline but at its end: write one line at a time',
    );
  }
  if (isLongerThan(text, maxLineBytes)) {
    throw new UsageError(
      'ERR_BAD_LINE',
      `the line is longer than maxLineBytes (${maxLineBytes}): split it or raise the limit at both ends`,
    );
  }
  return text;
}

/**
 * The id to say hello with. One trailing newline is accepted and stripped, as the originals' configuration has it.
 *
 * @throws UsageError `ERR_BAD_ID` when it is empty, too long or holds a control character.
 */
export function checkId(id: unknown, maxIdBytes: number): string {
  const text = withoutTrailingNewline(id, 'ERR_BAD_ID', 'an id');
  if (text === '') throw new UsageError('ERR_BAD_ID', 'an id cannot be empty');
  if (hasControlCharacter(text)) throw new UsageError('ERR_BAD_ID', 'an id cannot hold control characters');
  if (isLongerThan(text, maxIdBytes))
    throw new UsageError('ERR_BAD_ID', `the id is longer than ${maxIdBytes} bytes`);
  return text;
}

function withoutTrailingNewline(value: unknown, code: 'ERR_BAD_LINE' | 'ERR_BAD_ID', what: string): string {
  if (typeof value !== 'string')
    throw new UsageError(code, `${what} must be a string, not ${value === null ? 'null' : typeof value}`);
  const text = value.endsWith('\n') ? value.slice(0, -1) : value;
  if (!text.isWellFormed()) {
    throw new UsageError(code, `${what} cannot hold half of a surrogate pair: it has no UTF-8 form`);
  }
  return text;
}
