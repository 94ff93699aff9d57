/**
 * A line that carries when it was made, since it may arrive days later: the time in ISO 8601, in UTC with milliseconds, a
 * space, and the text, as in `2026-03-01T06:30:00.000Z 21.5`. The time comes first and has one length: lines sort by it, and
 * a program in any language can cut it off.
 */
import { UsageError } from '@iot/framing';

/** What a line says that may carry its time. */
export interface TimedLine {
  /** When it was made, ms since 1970 by the clock of its maker; undefined for a line that carries no time. */
  readonly madeAt: number | undefined;
  /** The line without the time. */
  readonly text: string;
}

const TIMED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.*)$/s;

/** The end of the last year that has four digits. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * A line that carries when it was made: the time in ISO 8601 (`2026-03-01T06:30:00.000Z`), a space, and `text`; 25 bytes more
 * than `text`. `readTimedLine` reads it.
 *
 * @param madeAt ms since 1970, or a Date, up to the year 9999. Default: now, by the clock of this machine
 * @throws UsageError `ERR_BAD_OPTION` for another time
 */
export function timedLine(text: string, madeAt: number | Date = Date.now()): string {
  const ms = Number(madeAt);
  if (!(ms >= 0 && ms <= LAST_MS))
    throw new UsageError(
      'ERR_BAD_OPTION',
      `madeAt must be a Date, or ms since 1970, up to the year 9999, not ${String(madeAt)}`,
    );
  return `${new Date(ms).toISOString()} ${text}`;
}

/** Reads what `timedLine` has made. A line that does not begin with a time is all text. */
export function readTimedLine(line: string): TimedLine {
  const [, time = '', text = ''] = TIMED.exec(line) ?? [];
  const madeAt = Date.parse(time);
  // The 30th of February would be read as the 2nd of March.
  const isTime = !Number.isNaN(madeAt) && new Date(madeAt).toISOString() === time;
  return isTime ? { madeAt, text } : { madeAt: undefined, text: line };
}
