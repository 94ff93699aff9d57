/**
 * The command `iot-store`: shows, checks and maintains a store while no other process has it open. Exit code 0 for success,
 * 1 for a failure, 2 for a usage error. An error prints one line that says why.
 */
import { printable } from './inspect.js';
import { run } from './run.js';
import { help, readCommand, type Command } from './settings.js';

const command = commandOrNothing();
if (command !== undefined) {
  process.stdout.on('error', () => process.exit()); // the program that reads the output has ended, as with `| head`
  try {
    await run(command, (line) => process.stdout.write(`${line}\n`));
  } catch (error) {
    fail(error, 1);
  }
}

function commandOrNothing(): Command | undefined {
  try {
    const command = readCommand(process.argv.slice(2));
    if (command !== 'help') return command;
    process.stdout.write(help());
  } catch (error) {
    fail(error, 2);
  }
  return undefined;
}

function fail(error: unknown, exitCode: number): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`error: ${printable(message)}\n`);
  process.exitCode = exitCode;
}
