/** Starts servers that are installed programs, such as those of Debian's packages. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Served } from './contestant.js';

/**
 * The path of the program. Debian's folder for servers is not in every user's PATH, so it is searched too.
 */
export function findProgram(name: string): string | undefined {
  return [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** Starts a program that ends with this process; resolves once its standard error says that it is ready. */
export async function serveProgram(name: string, args: readonly string[], ready: RegExp): Promise<Served> {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  const program = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  process.on('exit', () => program.kill('SIGKILL'));
  let log = '';
  program.on('error', (error) => (log += error.message));
  for await (const chunk of program.stderr.iterator({ destroyOnReturn: false })) {
    log += String(chunk);
    if (ready.test(log)) break;
  }
  if (!ready.test(log)) throw new Error(`${name} ended: ${log.trim()}`);
  program.stderr.resume();
  return { pid: program.pid };
}
