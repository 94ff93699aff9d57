/** A program under test, in a separate process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { News } from '@iot/vitest-config/news';
import { expect, inject, onTestFinished } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the programs. */
    programs: string;
  }
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly env?: Record<string, string>;
  /** The folder of the program, if it is not the default folder. */
  readonly folder?: string;
}

export class Program {
  readonly process: ChildProcess;
  readonly outcome: Promise<Outcome>;
  #stdout = '';
  #stderr = '';
  readonly #news = new News();
  #ended = false;

  /**
   * Starts the program as the scripts in package.json do. Kills it at the end of the test if it still runs.
   */
  constructor(name: string, args: readonly string[], { env = {}, folder }: ProgramOptions = {}) {
    this.process = spawn(
      process.execPath,
      ['--', join(folder ?? inject('programs'), `${name}.js`), ...args],
      {
        env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
      },
    );
    this.process.stdout!.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
      this.#news.tell();
    });
    this.process.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
      this.#news.tell();
    });
    this.outcome = once(this.process, 'close').then(([code]: (number | null)[]) => {
      this.#ended = true;
      this.#news.tell();
      return { code: code ?? null, stdout: this.#stdout, stderr: this.#stderr };
    });
    onTestFinished(async () => {
      this.process.kill('SIGKILL');
      await this.outcome;
    });
  }

  /** Writes to its standard input. */
  type(text: string): void {
    this.process.stdin!.write(text);
  }

  /** Sends a signal, and requires that the program ends with exit code 0 and without an error. */
  async interrupted(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<Outcome> {
    this.process.kill(signal);
    const outcome = await this.outcome;
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    return outcome;
  }

  /** Waits until its standard output matches. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(pattern, () => this.#stdout);
  }

  /** The same on standard error. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(pattern, () => this.#stderr);
  }

  #until(pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
    return this.#news.until(() => {
      const match = pattern.exec(text());
      if (match !== null || !this.#ended) return match;
      throw new Error(`ended without ${String(pattern)}:\n${this.#stdout}${this.#stderr}`);
    });
  }
}

/** The options for the address of a program or of its server. */
export function at({ host, port }: { readonly host: string; readonly port: number }): string[] {
  return ['--host', host, '--port', String(port)];
}

/**
 * Listens on a port until the end of the test, so that the port is taken. Rejects if the port is already
 * taken.
 */
export async function holdPort({ host, port } = { host: '127.0.0.1', port: 0 }): Promise<number> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
