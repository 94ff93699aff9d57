/** Checks the lines and ids that a caller passes, before they are encoded, and holds the default limits. */
import { UsageError } from './errors.js';
import { isLongerThan } from './utf8.js';

/** Default for the longest text of one line, in bytes of UTF-8, at either end (PROTOCOL.md section 6). */
export const DEFAULT_MAX_LINE_BYTES = 64 * 1024;

/** Default for the longest client id, in bytes of UTF-8 (PROTOCOL.md section 6). */
export const DEFAULT_MAX_ID_BYTES = 256;

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** True when the text contains a control character, which is not allowed in an id (PROTOCOL.md section 6). */
export function hasControlCharacter(text: string): boolean {
  return CONTROL.test(text);
}

/**
 * Checks a line that a caller wrote, and returns the text to send: the line without one trailing newline. Empty text
 * means that nothing is sent, because an empty message would read as an ack (PROTOCOL.md section 1).
 *
 * @throws UsageError `ERR_BAD_LINE` when the value is not a string, contains a newline or a lone surrogate, or is too
 * long.
 */
export function checkLine(line: unknown, maxLineBytes: number): string {
  const text = withoutTrailingNewline(line, 'ERR_BAD_LINE', 'a line');
  if (text.includes('\n')) {
    throw new UsageError(
      'ERR_BAD_LINE',
      'a line cannot contain a newline except at its end: write one line at a time',
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
 * Checks an id, and returns the id to send in the hello. One trailing newline is removed, because ids in the
 * configuration of the originals end in one.
 *
 * @throws UsageError `ERR_BAD_ID` when it is not a string, is empty, too long, or contains a control character or a
 * lone surrogate.
 */
export function checkId(id: unknown, maxIdBytes: number): string {
  const text = withoutTrailingNewline(id, 'ERR_BAD_ID', 'an id');
  if (text === '') throw new UsageError('ERR_BAD_ID', 'an id cannot be empty');
  if (hasControlCharacter(text))
    throw new UsageError('ERR_BAD_ID', 'an id cannot contain control characters');
  if (isLongerThan(text, maxIdBytes))
    throw new UsageError('ERR_BAD_ID', `the id is longer than ${maxIdBytes} bytes`);
  return text;
}

function withoutTrailingNewline(value: unknown, code: 'ERR_BAD_LINE' | 'ERR_BAD_ID', what: string): string {
  if (typeof value !== 'string')
    throw new UsageError(code, `${what} must be a string, not ${value === null ? 'null' : typeof value}`);
  const text = value.endsWith('\n') ? value.slice(0, -1) : value;
  if (!text.isWellFormed()) {
    throw new UsageError(code, `${what} cannot contain half of a surrogate pair: it has no UTF-8 form`);
  }
  return text;
}
