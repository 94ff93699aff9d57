/** A run of `program.ts` as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { WatchdogOptions } from '../../src/watchdog/options.js';

export class Child {
  stdout = '';
  stderr = '';
  readonly #process: ChildProcess;
  readonly #stdout: Readable;
  readonly #ended: Promise<unknown>;

  /** @param stderr an open file that takes standard error, in place of a pipe */
  constructor(
    program: string,
    behaviour: string,
    options: WatchdogOptions,
    env = {},
    stderr: number | 'pipe' = 'pipe',
  ) {
    const child = spawn(process.execPath, [program, behaviour, JSON.stringify(options)], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', stderr],
    });
    this.#process = child;
    this.#stdout = child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#ended = once(child, 'close');
  }

  /** Its watchdog has started. */
  async watching(): Promise<void> {
    while (!this.stdout.includes('watching')) await once(this.#stdout, 'data');
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** The exit code, or the signal that killed it. */
  async ended(): Promise<number | string | null> {
    await this.#ended;
    return this.#process.signalCode ?? this.#process.exitCode;
  }
}
