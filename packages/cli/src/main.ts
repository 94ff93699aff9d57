/** `iot`: parses the arguments, runs the command, and turns an error into one line and an exit code (`exit-codes.ts`). */
import { runUntilStopped } from '@iot/app-kit';
import type { Context } from './context.js';
import { exitCodeOf } from './exit-codes.js';
import { run } from './program.js';

const print: Context['print'] = (line) => process.stdout.write(`${line}\n`);
const write: Context['write'] = (line) =>
  new Promise((resolve) => {
    // If stdout fails, `runUntilStopped` aborts `stop`, and this promise stays pending.
    process.stdout.write(`${line}\n`, (error) => error ?? resolve());
  });
const say: Context['say'] = (line) => process.stderr.write(`${line}\n`);

await runUntilStopped((stop) => run(process.argv.slice(2), { stop, print, write, say }), { exitCodeOf });
