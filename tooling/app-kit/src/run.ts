/**
 * Runs a program until Ctrl-C or its end: prints an error in one line, sets the exit code, and leaves no
 * process running.
 */
import { once } from 'node:events';
import { CommanderError } from 'commander';
import colors from 'picocolors';
import type { Options } from './command.js';
import { printable } from './printable.js';

/**
 * Runs a program, and sets the exit code: 0 at its end and after Ctrl-C or `kill`, 1 for an error, 2 for a
 * usage error.
 *
 * @param main must return soon after `stop` is aborted
 */
export function run<Settings>(
  options: Pick<Options<Settings>, 'parse'>,
  main: (settings: Settings, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  return runUntilStopped(async (stop) => main(options.parse(process.argv.slice(2)), stop));
}

/** The message with which a parent asks its process to end. */
export const END = 'end';

/**
 * @param hasParent true if the process was started by another process, which sends `END`
 * @param exitCodeOf the exit code for an error whose message has not been printed yet; default: always 1
 */
export async function runUntilStopped(
  main: (stop: AbortSignal) => Promise<void>,
  { hasParent = false, exitCodeOf = (_error: unknown): number => 1 } = {},
): Promise<void> {
  const stop = new AbortController();
  const end = (): void => {
    stop.abort(new Error('stopped before the end'));
  };
  // The listeners stay, because turbo and npm pass Ctrl-C on, so the signal comes more than once. A terminal
  // also sends it to child processes. They ignore it, and end when their parent asks them to.
  process.on('SIGINT', hasParent ? () => undefined : end);
  process.on('SIGTERM', end);
  if (hasParent) {
    process.on('message', (message) => {
      if (message === END) end();
    });
    process.on('disconnect', end); // the parent has died
    if (!process.connected) end();
  }
  // The reader has closed standard output, as `| head` does, or the terminal was closed.
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

/** Resolves when `stop` is aborted. */
export async function stopped(stop: AbortSignal): Promise<void> {
  if (!stop.aborted) await once(stop, 'abort');
}

/**
 * Prints the error, unless it was already printed, and any errors while closing. Returns the exit code.
 *
 * @param exitCodeOf the exit code for an error whose message has not been printed yet
 */
export function explain(
  failure: unknown,
  exitCodeOf: (error: unknown) => number,
  say: (line: string) => void,
): number {
  const errors = inOrder(failure);
  const [first] = errors;
  // Thrown after the message or the requested help has been printed.
  if (first instanceof CommanderError) return first.exitCode === 0 ? 0 : 2;
  const [message, ...later] = new Set(
    errors.map((it) => printable(it instanceof Error ? it.message : String(it))),
  );
  say(`${colors.red('error:')} ${message}`);
  for (const more of later) say(`${colors.red('while it ended:')} ${more}`);
  return exitCodeOf(first);
}

/**
 * All errors, in order. When closing a resource fails after another error, `await using` combines both errors
 * into one.
 */
function inOrder(failure: unknown): unknown[] {
  const { suppressed, error } = (failure ?? {}) as {
    readonly suppressed?: unknown;
    readonly error?: unknown;
  };
  return suppressed === undefined ? [failure] : [...inOrder(suppressed), ...inOrder(error)];
}
