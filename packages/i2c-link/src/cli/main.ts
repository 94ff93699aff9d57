/**
 * `iot-i2c-bridge`: the responder of a board, as a command. Exit code 0 after Ctrl-C or SIGTERM, 1 for a failure, 2 for
 * a usage error, each with one line that says why.
 */
import { run } from './run.js';
import { help, readSettings, type Settings } from './settings.js';

const settings = settingsOrNothing();
if (settings !== undefined) {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.stdout.on('error', end); // the reader has gone
  try {
    await run(settings, (line) => process.stdout.write(`${line}\n`), stop.signal);
  } catch (error) {
    fail(error, 1);
  }
}

function settingsOrNothing(): Settings | undefined {
  try {
    const settings = readSettings(process.argv.slice(2), process.env);
    if (settings !== 'help') return settings;
    process.stdout.write(help());
  } catch (error) {
    fail(error, 2);
  }
  return undefined;
}

function fail(failure: unknown, exitCode: number): void {
  const error = beginning(failure);
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = exitCode;
}

/** What failed first: hardware that has gone cannot be given back either, and that error hides the one that says why. */
function beginning(failure: unknown): unknown {
  const { suppressed } = (failure ?? {}) as { readonly suppressed?: unknown };
  return suppressed === undefined ? failure : beginning(suppressed);
}
