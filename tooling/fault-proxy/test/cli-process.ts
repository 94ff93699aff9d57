/** The command line as a child process, read line by line. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const packageRoot = fileURLToPath(new URL('..', import.meta.url));

export class CliProcess implements AsyncDisposable {
  /** Each without the time before it. */
  readonly lines: string[] = [];
  stderr = '';
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<unknown>;
  #rest = '';
  #wake: () => void = () => undefined;

  constructor(...args: string[]) {
    const env = { ...process.env, INIT_CWD: packageRoot };
    this.#child = spawn(
      process.execPath,
      ['--import', 'tsx', '--conditions=@iot/source', 'src/cli.ts', ...args],
      {
        cwd: packageRoot,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#ended = once(this.#child, 'close');
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      this.lines.push(...lines.map((line) => line.replace(/^ *\d+\.\d{3} {2}/, '')));
      this.#wake();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  /** The first line that matches, once it is there. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = this.lines.map((line) => pattern.exec(line)).find((match) => match !== null);
      if (found) return found;
      if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.lines.join('\n')}${this.stderr}`);
      await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), this.#ended]);
    }
  }

  /** Where it listens. */
  async listening(): Promise<{ host: string; port: number }> {
    const [, host = '', port] = await this.line(/^listening on ([\d.]+):(\d+), the server is /);
    return { host, port: Number(port) };
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  closeStdout(): void {
    this.#child.stdout.destroy();
  }

  /** The exit code, or the signal that killed it. */
  async ended(): Promise<number | string | null> {
    await this.#ended;
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
