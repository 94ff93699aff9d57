import { explain } from '@iot/app-kit/run';
import type { Outcome } from '@iot/app-kit/testing';
import { onTestFinished } from 'vitest';
import { exitCodeOf } from '../src/exit-codes.js';
import { run } from '../src/program.js';

/**
 * Runs `iot` in this process, to its end, as `main.ts` does: a process for each command takes most of a second. What reads
 * standard input, is ended by a signal or draws on the terminal needs a process.
 */
export async function iot(...args: string[]): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  const print = (line: string) => void (stdout += `${line}\n`);
  const say = (line: string) => void (stderr += `${line}\n`);
  const write = (line: string) => Promise.resolve(print(line));
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  let code = 0;
  try {
    await run(args, { stop: stop.signal, print, write, say });
  } catch (error) {
    code = explain(error, exitCodeOf, say);
  }
  return { code, stdout, stderr };
}
