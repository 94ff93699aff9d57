import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from './run.js';

/** A package that npm has installed into an empty folder. */
export interface Installed {
  readonly name: string;
  /** The folder of the installation. Programs in this folder can import the package. */
  readonly folder: string;
  /** The folder of the package itself. */
  readonly home: string;
}

/** Optional peers, for the entry points that need them. */
export const PEERS: Readonly<Record<string, readonly string[]>> = { '@iot/admin': ['@opentelemetry/api'] };

/** Installs `name` and its dependencies, only from `registry`. */
export async function installAlone(name: string, folder: string, registry: string): Promise<Installed> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const cache = join(folder, '.cache');
  const args = [
    'install',
    '--registry',
    registry,
    '--cache',
    cache,
    '--no-audit',
    '--no-fund',
    name,
    ...(PEERS[name] ?? []),
  ];
  await run('npm', args, { cwd: folder });
  return { name, folder, home: join(folder, 'node_modules', name) };
}

/** Every file below `folder`, relative to it, in order. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}
