import type { Command } from 'commander';

/** The functions and signals that the program passes to every command. */
export interface Context {
  /**
   * Aborted by Ctrl-C and SIGTERM, and when standard output is closed by its reader. The command must then
   * end soon.
   */
  readonly stop: AbortSignal;
  /** Prints a line of the result to standard output. */
  readonly print: (line: string) => void;
  /**
   * The same as `print`, but resolves once the operating system has accepted the line. Never resolves if the
   * reader of standard output has closed it.
   */
  readonly write: (line: string) => Promise<void>;
  /** Prints a message to standard error. Messages are not part of the result. */
  readonly say: (line: string) => void;
}

/**
 * Adds the options and the action to a command of `iot`. The file in `commands/` has the name of the command.
 * Names and descriptions are in `program.ts`.
 */
export type DefineCommand = (command: Command, context: Context) => void;
