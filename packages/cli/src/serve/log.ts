/** The log of `iot serve`: readable text on a terminal, otherwise one JSON object per line. */
import { printable } from '@iot/app-kit';
import type { Logger } from '@iot/server';
import colors from 'picocolors';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export type Format = (level: LogLevel, message: string, fields: object, at: Date) => string;

export class Log implements Logger {
  /** Messages below this level are not written. */
  level: LogLevel;
  readonly #format: Format;
  readonly #write: (line: string) => void;

  constructor(level: LogLevel, format: Format, write: (line: string) => void) {
    this.level = level;
    this.#format = format;
    this.#write = write;
  }

  debug(fields: object, message: string): void {
    this.write('debug', message, fields);
  }

  info(fields: object, message: string): void {
    this.write('info', message, fields);
  }

  warn(fields: object, message: string): void {
    this.write('warn', message, fields);
  }

  error(fields: object, message: string): void {
    this.write('error', message, fields);
  }

  write(level: LogLevel, message: string, fields: object = {}): void {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(this.level)) return;
    this.#write(this.#format(level, message, fields, new Date()));
  }
}

export const asJson: Format = (level, message, fields, at) =>
  JSON.stringify({ time: at.toISOString(), level, message, ...fields });

const COLOURS = { debug: 'dim', info: 'green', warn: 'yellow', error: 'red' } as const;

/** @param isColoured false leaves colours out */
export function asText(isColoured: boolean): Format {
  const { dim, ...more } = colors.createColors(isColoured);
  const colour = { dim, ...more };
  return (level, message, fields, at) => {
    const time = at.toTimeString().slice(0, 8);
    const shown = Object.entries(fields).map(([name, value]) => `  ${dim(`${name}=`)}${shownValue(value)}`);
    return `${dim(time)} ${colour[COLOURS[level]](level.padEnd(5))} ${message}${shown.join('')}`;
  };
}

/**
 * Escapes a value. Values from other machines may contain control characters, which a terminal would execute.
 */
function shownValue(value: unknown): string {
  if (value === undefined) return 'undefined';
  return typeof value === 'string' && /^[\w.:/@-]+$/.test(value) ? value : printable(JSON.stringify(value));
}
