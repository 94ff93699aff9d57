/**
 * Options that the programs share. An option goes before the environment, the environment before the file named by
 * `--env-file`, that before the default. The names in the environment are those of the boards' `local.py`.
 */
import { Command, InvalidArgumentError, Option } from 'commander';

/** Longest time that Node's timers can wait, in ms. */
export const LONGEST_MS = 2 ** 31 - 1;

/** Longest timeout, in ms: server and client wait for two of them. */
const LONGEST_TIMEOUT_MS = 2 ** 30;

/** A command whose errors are thrown, as `CommanderError`, after the message and the usage have been printed. */
export function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .showHelpAfterError()
    .showSuggestionAfterError(false)
    .configureOutput({ outputError: (text, write) => write(withoutUnknownValue(text)) })
    .exitOverride();
}

/** An option that is written wrongly is named without its value, which may hold a password. */
function withoutUnknownValue(text: string): string {
  return text.replace(/^(error: unknown option '(?:--[^=']*|-.)).*'/s, "$1'");
}

export function portOption(description: string, least: 0 | 1): Option {
  return new Option('--port <number>', description)
    .env('PORT')
    .default(8123)
    .argParser(wholeNumber(least, 65535));
}

export function timeoutOption(ms = 1500): Option {
  return new Option(
    '--timeout <ms>',
    'silence that counts as an outage; the same on the server and all clients',
  )
    .env('TIMEOUT')
    .default(ms)
    .argParser(wholeNumber(100, LONGEST_TIMEOUT_MS));
}

/** Reads the file at once: the command looks into the environment after all options, and set values stay. */
export function envFileOption(): Option {
  return new Option('--env-file <path>', 'file with a NAME=value on each line, like local.py').argParser(
    (path: string) => {
      try {
        process.loadEnvFile(path);
      } catch (error) {
        throw new InvalidArgumentError(
          `It cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`,
        );
      }
      return path;
    },
  );
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${Math.floor(most)}.`);
    }
    return value;
  };
}
