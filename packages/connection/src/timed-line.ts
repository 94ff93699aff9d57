/**
 * Lines with a timestamp, for lines that may arrive days after they were written. The format is the time in ISO 8601 (UTC,
 * with milliseconds), a space, and the text: `2026-03-01T06:30:00.000Z 21.5`. The time comes first and has a fixed length.
 * Lines therefore sort by time, and a program in any language can cut the time off.
 */
import { UsageError } from '@iot/framing';

/** The parts of a line that may have a timestamp. */
export interface TimedLine {
  /** The timestamp, in ms since 1970 by the clock of the sender. Undefined for a line without one. */
  readonly madeAt: number | undefined;
  /** The line without the time. */
  readonly text: string;
}

const TIMED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.*)$/s;

/** The end of the last year with four digits. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Makes a line with a timestamp: the time in ISO 8601 (`2026-03-01T06:30:00.000Z`), a space, and `text`. The line is 25 bytes
 * longer than `text`. `readTimedLine` reads it.
 *
 * @param madeAt the timestamp: ms since 1970, or a Date, up to the year 9999. Default: now, by the clock of this machine
 * @throws UsageError `ERR_BAD_OPTION` for any other value of `madeAt`
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

/** Reads a line made by `timedLine`. For a line that does not begin with a timestamp, `text` is the whole line. */
export function readTimedLine(line: string): TimedLine {
  const [, time = '', text = ''] = TIMED.exec(line) ?? [];
  const madeAt = Date.parse(time);
  // `Date.parse` accepts 30 February as 2 March. Formatting the result again shows the difference.
  const isTime = !Number.isNaN(madeAt) && new Date(madeAt).toISOString() === time;
  return isTime ? { madeAt, text } : { madeAt: undefined, text: line };
}
