/** The exit codes, and which of them an error means. A command fails by throwing; `main.ts` prints the message, in one line. */
import { UsageError } from '@iot/server';

/** What the manual and the README say of each. */
export const EXIT_CODES = {
  0: 'Success. For a command that runs until it is stopped: Ctrl-C or SIGTERM stopped it.',
  1: 'Failure, for any reason that is not listed below.',
  2: 'Wrong usage: an argument, an option, or a file of settings or keys.',
  3: 'The server or its admin interface cannot be reached.',
  4: 'The admin interface refused the token, or needs a token.',
  5: 'The named client or key does not exist.',
} as const;

export type ExitCode = keyof typeof EXIT_CODES;

/** A command cannot do what it was asked for. */
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
