/**
 * The command `iot-i2c-bridge`: the bridge from a board to its server, for a Linux machine that has an I2C bus. Exit code
 * 0 after Ctrl-C or SIGTERM, 1 after a failure, 2 after a usage error. An error prints one line that says why.
 */
import { run } from './run.js';
import { help, readSettings, type Settings } from './settings.js';

const settings = settingsOrNothing();
if (settings !== undefined) {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.stdout.on('error', end); // the program that reads the output has ended
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

/**
 * Returns the first error of several. Hardware that has failed cannot be released either. JavaScript then throws a
 * `SuppressedError` with the error of the release, and has the first error in its property `suppressed`.
 */
function beginning(failure: unknown): unknown {
  const { suppressed } = (failure ?? {}) as { readonly suppressed?: unknown };
  return suppressed === undefined ? failure : beginning(suppressed);
}
