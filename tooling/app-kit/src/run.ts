/** What every program does: run until Ctrl-C, say what went wrong in one line, leave nothing behind. */
import { once } from 'node:events';
import { CommanderError } from 'commander';
import colors from 'picocolors';

/** The process that has started this one and tells it when to end. */
export interface Parent {
  onEnd(end: () => void): void;
}

/**
 * Runs a program, and sets the exit code: 0 when it came to its end, by Ctrl-C or `kill` too; 1 for an error, 2 for a
 * usage error.
 *
 * @param main is to return soon after `stop` is aborted
 * @param parent undefined when a person has started the program
 */
export async function run(main: (stop: AbortSignal) => Promise<void>, parent?: Parent): Promise<void> {
  const stop = new AbortController();
  const end = (): void => {
    stop.abort(new Error('stopped before the end'));
  };
  // The listeners stay: turbo and npm pass a Ctrl-C on, so it comes more than once. A terminal sends it to the
  // processes that a parent has started too, which end when the parent tells them.
  process.on('SIGINT', parent === undefined ? end : () => undefined);
  process.on('SIGTERM', end);
  if (parent !== undefined) {
    parent.onEnd(end);
    process.on('disconnect', end); // the parent has died
    if (!process.connected) end();
  }
  process.stdout.on('error', end); // nobody reads any more, as with `| head`
  try {
    await main(stop.signal);
  } catch (error) {
    process.exitCode = explain(error);
  } finally {
    if (parent !== undefined && process.connected) process.disconnect();
  }
}

/** Resolves when the program is to stop. */
export async function stopped(stop: AbortSignal): Promise<void> {
  if (!stop.aborted) await once(stop, 'abort');
}

/** Prints the error unless that has been done; the exit code. */
function explain(error: unknown): number {
  // Raised after the message, or the help that was asked for, has been printed.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`${colors.red('error:')} ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}
