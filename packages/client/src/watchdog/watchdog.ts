/**
 * The watchdog: it ends the process when the main loop hangs, or the client makes no progress.
 *
 * How it works: a timer in the main thread increments two counters in memory that is shared with a worker thread. One counts
 * the calls of the timer, the other one the calls at which the client had made progress. The worker (`worker.ts`) checks the
 * counters and ends the process when one of them does not change for `timeoutMs`. This file is the half in the main thread.
 *
 * The code of the worker is a string (`worker.generated.ts`), generated from its TypeScript. It therefore runs unchanged from
 * the sources, from the build, and in a bundle of a user. Bundlers do not include the file of a worker by themselves. The
 * source text of a function could not be used either, because bundlers, minifiers and coverage tools change it.
 */
import { UsageError } from '@iot/framing';
import { Worker } from 'node:worker_threads';
import { WATCHDOG_EXIT_CODE, type WatchdogSettings } from './options.js';
import type { Order, Report, WorkerInput } from './worker.js';
import { WATCHDOG_WORKER } from './worker.generated.js';

export class Watchdog {
  /**
   * Resolves when the device is open and systemd was notified that the process is ready, or when `close` was called before
   * that. From then on the worker does not keep the process alive, and an error in the worker becomes an uncaught exception.
   *
   * Rejects with UsageError `ERR_BAD_OPTION` when the device cannot be opened or `systemd-notify` fails. The watchdog is not
   * active then. The rejection is never reported as unhandled.
   */
  readonly started: Promise<void>;
  readonly #settings: WatchdogSettings;
  readonly #progress: () => number;
  readonly #warn: (message: string) => void;
  readonly #counters = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #beats: NodeJS.Timeout;
  #seen: number | undefined;
  #closed = false;

  /**
   * Starts the watchdog at once.
   *
   * @param progress returns a number that changes whenever the client makes progress
   * @param warn called once, when systemd does not confirm a notification for the first time
   */
  constructor(settings: WatchdogSettings, progress: () => number, warn: (message: string) => void) {
    this.#settings = settings;
    this.#progress = progress;
    this.#warn = warn;
    const input: WorkerInput = { settings, exitCode: WATCHDOG_EXIT_CODE, counters: this.#counters };
    this.#worker = new Worker(WATCHDOG_WORKER, {
      eval: true,
      workerData: input,
      // Options of the command line, such as --import, do not apply to this thread.
      execArgv: [],
      // The worker writes to neither. Without these options, Node would make the streams of the process non-blocking.
      stdout: true,
      stderr: true,
    });
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    // Twice in each turn of the worker, so that the worker finds a change in every turn.
    this.#beats = setInterval(() => this.#beat(), settings.turnMs / 2).unref();
    this.started = this.#start();
    this.started.catch(() => undefined);
  }

  /** Shows a text in `systemctl status`. Does nothing without the option `systemd`, or after `close`. */
  status(text: string): void {
    if (this.#settings.systemd) this.#order({ type: 'status', text: text.replace(/\p{Cc}+/gu, ' ') });
  }

  /** Ends the watchdog: stops the device and notifies systemd. Resolves once the worker has ended. Idempotent. */
  close(): Promise<void> {
    if (!this.#closed) {
      clearInterval(this.#beats);
      this.#worker.ref();
      this.#order({ type: 'close' });
      this.#closed = true;
    }
    return this.#ended;
  }

  async #start(): Promise<void> {
    try {
      const report = await this.#report();
      if (report?.type === 'failed') throw new UsageError('ERR_BAD_OPTION', report.message);
    } catch (error) {
      await this.close();
      throw error;
    }
    if (!this.#closed) this.#worker.unref();
  }

  /** Waits for the report `started` or `failed` of the worker. Undefined when the worker ended without one. */
  async #report(): Promise<Report | undefined> {
    const report = new Promise<Report>((resolve, reject) => {
      this.#worker.on('message', (message: Report) => {
        if (message.type === 'warning') this.#warn(message.message);
        else resolve(message);
      });
      this.#worker.once('error', reject);
    });
    try {
      return (await Promise.race([report, this.#ended])) ?? undefined;
    } finally {
      this.#worker.removeAllListeners('error');
    }
  }

  #order(order: Order): void {
    if (!this.#closed) this.#worker.postMessage(order);
  }

  #beat(): void {
    const seen = this.#progress();
    if (seen !== this.#seen) Atomics.add(this.#counters, 1, 1);
    this.#seen = seen;
    Atomics.add(this.#counters, 0, 1);
  }
}
