/**
 * The main thread's half of the watchdog: it increments counters, and a worker thread checks them.
 *
 * A timer counts the turns of the main loop, and how often the client has moved, in memory that both threads share. The
 * worker (`worker.ts`) needs nothing else of this thread, and ends the process when a count does not change.
 *
 * The worker's code is a string, made from its TypeScript and kept beside it, so that it runs from the sources, from the
 * build and from whatever file a user's bundler puts it in: no bundler finds a worker's file by itself, and a function's
 * own text is full of what bundlers, minifiers and coverage tools add to it.
 */
import { UsageError } from '@iot/framing';
import { Worker } from 'node:worker_threads';
import { WATCHDOG_EXIT_CODE, type WatchdogSettings } from './options.js';
import type { Order, Report, WorkerInput } from './worker.js';
import { WATCHDOG_WORKER } from './worker.generated.js';

export class Watchdog {
  /**
   * Resolves when the device is open and systemd was notified that the process is ready, or when `close` has come first.
   * From then on the watchdog keeps no process alive, and one that breaks is an uncaught exception.
   *
   * Rejects with UsageError `ERR_BAD_OPTION` when the device cannot be opened or `systemd-notify` fails: nothing is
   * watched then. No unhandled rejection.
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
   * Starts to watch at once.
   *
   * @param progress a number that differs from the last one whenever the client's loop has moved
   * @param warn is called, once, when systemd does not confirm a notification
   */
  constructor(settings: WatchdogSettings, progress: () => number, warn: (message: string) => void) {
    this.#settings = settings;
    this.#progress = progress;
    this.#warn = warn;
    const input: WorkerInput = { settings, exitCode: WATCHDOG_EXIT_CODE, counters: this.#counters };
    this.#worker = new Worker(WATCHDOG_WORKER, {
      eval: true,
      workerData: input,
      // What the user's command line loads into each thread is not for this one.
      execArgv: [],
      // It writes to neither; joining them to the process's would turn those to non-blocking files.
      stdout: true,
      stderr: true,
    });
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    // Twice a turn of the worker, so that it never misses one.
    this.#beats = setInterval(() => this.#beat(), settings.turnMs / 2).unref();
    this.started = this.#start();
    this.started.catch(() => undefined);
  }

  /** Shows a text in `systemctl status`; does nothing without the option `systemd`, or after the end. */
  status(text: string): void {
    if (this.#settings.systemd) this.#order({ type: 'status', text: text.replace(/\p{Cc}+/gu, ' ') });
  }

  /** Ends the watch: notifies systemd, and stops the device. Resolves once the worker has ended; idempotent. */
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

  /** The worker's word about its start; none when it has ended without. */
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
