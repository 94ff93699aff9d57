/**
 * Ends the process from the worker, whatever its main thread is doing.
 *
 * `process.exit` would end the worker only, and no signal that kills lets choose an exit code. So the worker attaches to
 * the main thread as a debugger does: V8 then evaluates the exit in the midst of a busy loop. Exit handlers are left out:
 * they belong to a program that does not work any more, and may hang. Where the main thread hangs in native code, or
 * there is no inspector, SIGKILL follows: a wrong exit code is better than no end.
 *
 * The exit waits for all workers, so one that could hang must not be there: the line is written by a thread of its own,
 * since a write to a full pipe without a reader never returns, and that may be what the main thread hangs in, too.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** How long each step may take: a busy machine, or a slow card, may need seconds to start a thread. */
const STEP_MS = 5000;

/** Writes the line to standard error, then ends the process. */
export async function forceExit(line: string, exitCode: number): Promise<void> {
  if (await say(line)) {
    await exitMain(exitCode);
    await sleep(STEP_MS);
  }
  process.kill(process.pid, 'SIGKILL');
}

/** Whether the line could be written in time. */
async function say(line: string): Promise<boolean> {
  const writer = new Worker(WRITER, { eval: true, execArgv: [], workerData: `${line}\n` });
  const written = once(writer, 'exit').then(
    () => true,
    () => true, // standard error is closed: there is no reader
  );
  return Promise.race([written, sleep(STEP_MS, false)]);
}

/** Tries again while the pipe is full: Node turns some pipes to non-blocking ones. */
const WRITER = `
  const { writeSync } = require('node:fs');
  const { workerData } = require('node:worker_threads');
  const write = () => {
    try {
      writeSync(2, workerData);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      setTimeout(write, 10);
    }
  };
  write();`;

async function exitMain(exitCode: number): Promise<void> {
  try {
    const { Session } = await import('node:inspector');
    const session = new Session();
    session.connectToMainThread();
    session.post('Runtime.evaluate', { expression: exitScript(exitCode) });
  } catch {
    // No inspector in this Node: SIGKILL is next.
  }
}

/** Node would say at its exit that it waits for the debugger, which is us: that goes nowhere, the line is the last word. */
function exitScript(exitCode: number): string {
  return `{
    const fs = process.getBuiltinModule('node:fs');
    try { fs.closeSync(2); fs.openSync('/dev/null', 'w'); } catch {}
    process.reallyExit(${exitCode});
  }`;
}
