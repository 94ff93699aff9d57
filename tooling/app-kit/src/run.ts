/** What every program does: run until Ctrl-C, say what went wrong in one line, leave no process or file. */
import { once } from 'node:events';
import { CommanderError } from 'commander';
import colors from 'picocolors';
import type { Options } from './command.js';
import { printable } from './printable.js';

/**
 * Runs a program, and sets the exit code: 0 when it came to its end, by Ctrl-C or `kill` too; 1 for an error, 2 for a
 * usage error.
 *
 * @param main is to return soon after `stop` is aborted
 */
export function run<Settings>(
  options: Pick<Options<Settings>, 'parse'>,
  main: (settings: Settings, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  return runUntilStopped(async (stop) => main(options.parse(process.argv.slice(2)), stop));
}

/** What the parent of a process sends to it when it is to end. */
export const END = 'end';

/**
 * @param hasParent the process has been started by another one, which sends it a message when it is to end
 * @param exitCodeOf of an error whose message has not been printed yet; default: always 1
 */
export async function runUntilStopped(
  main: (stop: AbortSignal) => Promise<void>,
  { hasParent = false, exitCodeOf = (_error: unknown): number => 1 } = {},
): Promise<void> {
  const stop = new AbortController();
  const end = (): void => {
    stop.abort(new Error('stopped before the end'));
  };
  // The listeners stay: turbo and npm pass a Ctrl-C on, so it comes more than once. A terminal sends it to the
  // processes that a parent has started too, which end when the parent asks them to.
  process.on('SIGINT', hasParent ? () => undefined : end);
  process.on('SIGTERM', end);
  if (hasParent) {
    process.on('message', (message) => {
      if (message === END) end();
    });
    process.on('disconnect', end); // the parent has died
    if (!process.connected) end();
  }
  // The reader has gone, as with `| head`, or a terminal that was closed.
  process.stdout.on('error', end);
  process.stderr.on('error', end);
  try {
    await main(stop.signal);
  } catch (error) {
    process.exitCode = explain(error, exitCodeOf, (line) => process.stderr.write(`${line}\n`));
  } finally {
    if (hasParent && process.connected) process.disconnect();
  }
}

/** Resolves when the program is to stop. */
export async function stopped(stop: AbortSignal): Promise<void> {
  if (!stop.aborted) await once(stop, 'abort');
}

/**
 * Says what the error was, unless that has been done, and what could not be closed after it; the exit code.
 *
 * @param exitCodeOf of an error whose message has not been printed yet
 */
export function explain(
  failure: unknown,
  exitCodeOf: (error: unknown) => number,
  say: (line: string) => void,
): number {
  const errors = inOrder(failure);
  const [first] = errors;
  // Raised after the message, or the help that was asked for, has been printed.
  if (first instanceof CommanderError) return first.exitCode === 0 ? 0 : 2;
  const [message, ...later] = new Set(
    errors.map((it) => printable(it instanceof Error ? it.message : String(it))),
  );
  say(`${colors.red('error:')} ${message}`);
  for (const more of later) say(`${colors.red('while it ended:')} ${more}`);
  return exitCodeOf(first);
}

/** What failed, the first before what followed. `await using` puts two errors into one when what is closed then fails too. */
function inOrder(failure: unknown): unknown[] {
  const { suppressed, error } = (failure ?? {}) as {
    readonly suppressed?: unknown;
    readonly error?: unknown;
  };
  return suppressed === undefined ? [failure] : [...inOrder(suppressed), ...inOrder(error)];
}
