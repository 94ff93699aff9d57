/**
 * The exit codes, and the mapping of errors to them. A command fails by throwing an error. `main.ts` prints
 * its message in one line.
 */
import { UsageError } from '@iot/server';

/** The meanings, which are also in the manual and the README. */
export const EXIT_CODES = {
  0: 'Success. For a command that runs until it is stopped: Ctrl-C or SIGTERM stopped it.',
  1: 'Failure, for any reason that is not listed below.',
  2: 'Wrong usage: an argument, an option, or a file of settings or keys.',
  3: 'The server or its admin interface cannot be reached.',
  4: 'The admin interface refused the token, or needs a token.',
  5: 'The named client or key does not exist.',
} as const;

export type ExitCode = keyof typeof EXIT_CODES;

/** The failure of a command, with its exit code. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  /** @param message one line: what happened, and what to do */
  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  return error instanceof UsageError ? 2 : 1;
}
