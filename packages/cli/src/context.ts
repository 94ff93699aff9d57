import type { Command } from 'commander';

/** What every command is given by the program. */
export interface Context {
  /** Is aborted by Ctrl-C and SIGTERM, and when nothing reads standard output any more: the command is to end soon. */
  readonly stop: AbortSignal;
  /** A line of the result, to standard output. */
  readonly print: (line: string) => void;
  /** The same; resolves once the system has taken the line. Never, when nothing reads standard output any more. */
  readonly write: (line: string) => Promise<void>;
  /** A line about what happens, to standard error: it is no part of the result. */
  readonly say: (line: string) => void;
}

/**
 * Gives a command of `iot` its options, and what it does. Its file in `commands/` has the name of the command, and
 * `program.ts` has the rest.
 */
export type DefineCommand = (command: Command, context: Context) => void;
