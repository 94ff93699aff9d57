import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PEERS } from './install.js';
import type { Registry } from './registry.js';
import { run } from './run.js';

/**
 * Makes the next release of `checkout` with the commands of a real release, and publishes it to `registry`.
 */
export async function release(checkout: string, registry: Registry): Promise<void> {
  // The build tools are in pnpm's store from the installation of the checkout, so nothing is downloaded.
  const offline = { npm_config_offline: 'true' };
  const launched = { cwd: checkout, env: offline };
  await run('node', [LAUNCH, 'pnpm', 'install', '--frozen-lockfile', '--ignore-scripts'], launched);
  await run('node', [LAUNCH, 'changeset', 'version'], launched);
  await run('node', [LAUNCH, 'turbo', 'run', 'build', '--filter', './packages/*'], launched);

  // The launcher may fetch pnpm from the usual registry. The publish commands must use only the registry on
  // loopback.
  const path = await run('node', [LAUNCH, 'node', '--print', 'process.env.PATH'], launched);
  const env = { ...registry.publishing, PATH: path.trim() };
  await publishOthers(checkout, registry, path.trim());
  await run('pnpm', ['exec', 'changeset', 'publish'], { cwd: checkout, env });
}

/** Publishes the external dependencies of the packages, as installed in the checkout. */
async function publishOthers(checkout: string, { publishing }: Registry, path: string): Promise<void> {
  const env = { ...publishing, PATH: path };
  const args = ['licenses', 'list', '--prod', '--json', '--filter', './packages/*'];
  const listed = await run('pnpm', args, { cwd: checkout, env });
  const others = Object.values(JSON.parse(listed) as Record<string, { readonly paths: readonly string[] }[]>);
  const peers = Object.entries(PEERS).flatMap(([name, all]) =>
    all.map((peer) => join(checkout, name.replace('@iot', 'packages'), 'node_modules', peer)),
  );
  for (const folder of [...others.flat().flatMap(({ paths }) => paths), ...peers]) {
    await using copy = await withoutPublishConfig(folder);
    await run('npm', ['publish', copy.folder, '--ignore-scripts'], { cwd: checkout, env });
  }
}

/**
 * A copy of a package without `publishConfig`. Some packages name the public registry there, which would
 * override the settings.
 */
async function withoutPublishConfig(original: string) {
  const folder = await mkdtemp(join(tmpdir(), 'publish-'));
  await cp(original, folder, { recursive: true, dereference: true });
  const file = join(folder, 'package.json');
  const { publishConfig: _, ...manifest } = JSON.parse(await readFile(file, 'utf8')) as Record<
    string,
    unknown
  >;
  await writeFile(file, JSON.stringify(manifest));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

const LAUNCH = 'tooling/launch.mjs';
