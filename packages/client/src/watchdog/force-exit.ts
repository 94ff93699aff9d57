/**
 * Ends the process from the worker thread of the watchdog, even if the main thread hangs.
 *
 * How it works: `process.exit` in a worker would end only the worker, and a signal does not allow an exit code to be chosen.
 * The worker therefore attaches to the main thread as a debugger. V8 then evaluates the exit even in the middle of an endless
 * loop. Exit handlers are skipped: the program no longer works, and a handler may hang. If the main thread hangs in native
 * code, or Node has no inspector, the worker kills the process by SIGKILL. Its exit code is then wrong.
 *
 * Before that, the worker writes one line to standard error. A separate thread writes it, because a write to a full pipe
 * without a reader never returns. The exit waits for all workers. If the line cannot be written in time, the process is killed
 * at once, because the exit would wait for that thread.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** The longest time of each step. On a busy machine, or with a slow SD card, it may take seconds to start a thread. */
const STEP_MS = 5000;

/** Writes the line to standard error, then ends the process. */
export async function forceExit(line: string, exitCode: number): Promise<void> {
  if (await say(line)) {
    await exitMain(exitCode);
    await sleep(STEP_MS);
  }
  process.kill(process.pid, 'SIGKILL');
}

/** Writes the line. True when it was written in time, or standard error is closed. */
async function say(line: string): Promise<boolean> {
  const writer = new Worker(WRITER, { eval: true, execArgv: [], workerData: `${line}\n` });
  const written = once(writer, 'exit').then(
    () => true,
    () => true, // standard error is closed: there is no reader
  );
  return Promise.race([written, sleep(STEP_MS, false)]);
}

/** The code of the thread that writes. A non-blocking pipe that is full fails with EAGAIN: the write is then repeated. */
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
    // This Node has no inspector. The caller kills the process.
  }
}

/**
 * The code that the main thread evaluates. It first redirects standard error to /dev/null: otherwise Node would print that it
 * waits for the debugger, which is this worker, to disconnect.
 */
function exitScript(exitCode: number): string {
  return `{
    const fs = process.getBuiltinModule('node:fs');
    try { fs.closeSync(2); fs.openSync('/dev/null', 'w'); } catch {}
    process.reallyExit(${exitCode});
  }`;
}
