/** A shell in a folder of the test, in which the command `iot` runs from the sources. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { News } from '@iot/vitest-config/news';
import { expect, onTestFinished } from 'vitest';
import { ROOT } from '../src/markdown.js';

export class Shell {
  readonly folder = temporaryFolder();
  readonly #env: NodeJS.ProcessEnv;

  constructor() {
    const bin = join(this.folder, 'bin');
    mkdirSync(bin);
    const program = join(ROOT, 'packages/cli/src/main.ts');
    const run = `exec "${process.execPath}" --conditions=@iot/source --import ${import.meta.resolve('tsx')} ${program} "$@"`;
    writeFileSync(join(bin, 'iot'), `#!/bin/sh\n${run}\n`, { mode: 0o755 });
    const { PATH = '' } = process.env;
    this.#env = { ...process.env, PATH: `${bin}${delimiter}${PATH}`, NO_COLOR: '1', IOT_URL: '' };
  }

  set url(url: string) {
    this.#env['IOT_URL'] = url;
  }

  /** Starts a command; it is killed at the end of the test. */
  start(command: string): Started {
    const child = spawn('sh', ['-c', command.startsWith('iot') ? `exec ${command}` : command], {
      cwd: this.folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return new Started(child);
  }

  /** Runs a command to its end, which must be a good one; what it printed to both. */
  async run(command: string): Promise<string> {
    const { child } = this.start(command);
    const [printed, said] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    expect(child.exitCode, said).toBe(0);
    return printed + said;
  }
}

export class Started {
  printed = '';
  #closed = false;
  readonly #news = new News();

  constructor(readonly child: ChildProcessByStdio<null, Readable, Readable>) {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.printed += chunk.toString();
        this.#news.tell();
      });
    }
    child.once('close', () => {
      this.#closed = true;
      this.#news.tell();
    });
  }

  /** What the command printed that fits the pattern, once it has; rejects when the command ends without it. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#news.until(() => {
      const match = pattern.exec(this.printed);
      if (!match && this.#closed)
        throw new Error(`the command ended and had not printed ${String(pattern)}, but:\n${this.printed}`);
      return match;
    });
  }

  async end(): Promise<void> {
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null) await once(this.child, 'close');
    expect(this.child.exitCode).toBe(0);
  }
}

const FREE = '--host 127.0.0.1 --port 0 --admin-port 0 --timeout 60000';

export interface Serving {
  readonly server: Started;
  readonly port: number;
  /** Of the admin interface. */
  readonly url: string;
}

/** Starts `iot serve` on free ports; resolves once it listens, and the other commands ask it. */
export async function serve(shell: Shell, command: string): Promise<Serving> {
  const server = shell.start(`${command} ${FREE}${command.includes('psk') ? ' --tls-port 0' : ''}`);
  const [, url] = await server.until(/"url":"([^"]+)"/);
  const [, port] = await server.until(/"message":"listening[^"]*","port":(\d+)/);
  shell.url = url!;
  return { server, port: Number(port), url: url! };
}
