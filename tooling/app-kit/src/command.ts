/** Commands whose error messages are one line, and types of option values. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { printable } from './printable.js';

/** The maximum of Node's timers, in ms. */
export const LONGEST_MS = 2 ** 31 - 1;

/** The options of one program. */
export interface Options<Settings> {
  /** Makes a new command for each use, because a command keeps the values it has parsed. */
  readonly command: () => Command;
  /** @throws CommanderError after the message, or the help, has been printed */
  readonly parse: (args: readonly string[]) => Settings;
}

export function optionsOf<Settings extends object>(command: () => Command): Options<Settings> {
  return { command, parse: (args) => command().parse(args, { from: 'user' }).opts<Settings>() };
}

/** A command whose errors are thrown, as `CommanderError`, after their message has been printed. */
export function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .configureHelp({ helpWidth: 100 })
    .showSuggestionAfterError(false)
    .configureOutput({
      outputError: (text, write) => write(`${printable(withoutUnknownValue(text.trimEnd()))}\n`),
    })
    .exitOverride();
}

/** An error message for an unknown option omits the option's value, which may be a password. */
function withoutUnknownValue(text: string): string {
  return text.replace(/^(error: unknown option '(?:--[^=']*|-.)).*'/s, "$1'");
}

/** An option whose value is a whole number from `least` to `most`. */
export function numberOption(flags: string, description: string, least: number, most: number): Option {
  return new Option(flags, description).argParser(wholeNumber(least, most));
}

/** An option whose value is a time: `500ms`, `5s`, `2m` or `1h`. The value is converted to milliseconds. */
export function durationOption(flags: string, description: string, leastMs = 1): Option {
  return new Option(flags, description).argParser((text: string) => {
    const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
    const ms = Math.round(Number(number) * (UNITS_MS[unit] ?? NaN));
    if (ms >= leastMs && ms <= LONGEST_MS) return ms;
    throw new InvalidArgumentError(
      `It must be a time like 500ms, 5s, 2m or 1h, from ${leastMs}ms to ${Math.floor(LONGEST_MS / HOUR_MS)}h.`,
    );
  });
}

const HOUR_MS = 3_600_000;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: HOUR_MS };

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${Math.floor(most)}.`);
    }
    return value;
  };
}
