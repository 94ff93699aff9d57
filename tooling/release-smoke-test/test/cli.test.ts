// The command of @iot/cli, installed alone, runs a server that a board talks with.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { expect, inject, it, onTestFinished } from 'vitest';
import { run } from '../src/run.js';

const { folder } = inject('installed').find(({ name }) => name === '@iot/cli')!;
const npx = (...args: string[]) => run('npx', ['--no-install', 'iot', ...args], { cwd: folder });

/** The first line in which this is found. */
async function line(stream: Readable, pattern: RegExp): Promise<RegExpExecArray> {
  for await (const text of createInterface(stream)) {
    const found = pattern.exec(text);
    if (found !== null) return found;
  }
  throw new Error(`ended without ${String(pattern)}`);
}

it('npx iot serve prints what npx iot board says, and npx iot ls shows the board', async () => {
  const work = mkdtempSync(join(tmpdir(), 'serve-'));
  onTestFinished(() => rmSync(work, { recursive: true }));
  const options = ['--host', '127.0.0.1', '--port', '0', '--admin-port', '0', '--store', join(work, 'store')];
  const server = spawn('npx', ['--no-install', 'iot', 'serve', ...options], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = once(server, 'close');
  try {
    const printed = line(server.stdout, /^cellar \{"temperature":[\d.]+,"n":1\}$/);
    const logged = createInterface(server.stderr)[Symbol.asyncIterator]();
    const next = async (): Promise<Record<string, unknown>> => {
      for (;;) {
        const read = await logged.next();
        if (read.done === true) throw new Error('iot serve has ended');
        if (read.value.startsWith('{')) return JSON.parse(read.value) as Record<string, unknown>; // npx may warn
      }
    };
    const { message, port } = await next();
    expect(message).toBe('listening');
    const { url } = await next();
    const board = ['board', '--id', 'cellar', '--port', String(port), '--every', '100ms', '--lines', '1'];
    expect(await npx(...board)).toMatch(/^not acked +0$/m);
    await printed;
    expect(await npx('ls', '--url', String(url))).toMatch(/^cellar +(up|down) /m);
  } finally {
    // As Ctrl-C does: npx and what it has started.
    process.kill(-server.pid!, 'SIGTERM');
    await ended;
  }
});
