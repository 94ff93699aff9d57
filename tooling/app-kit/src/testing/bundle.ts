/**
 * A global set-up for the tests of a package with programs: bundles them from the sources of the whole workspace, so that
 * no build has to come first. The package's `programs.ts` has their names and first files.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Options } from 'tsup';
import type { TestProject } from 'vitest/node';

type Files = Readonly<Record<string, string>>;

export default async function bundlePrograms(project: TestProject): Promise<() => Promise<void>> {
  const { root } = project.config;
  const { programs, workers } = (await import(join(root, 'programs.ts'))) as {
    readonly programs: Files;
    /** What the programs start. */
    readonly workers?: Files;
  };
  // In node_modules, where the packages that stay outside the bundle are found.
  const folder = await mkdtemp(join(root, 'node_modules/.programs-'));
  await bundle({ ...programs, ...workers }, folder);
  project.provide('programs', folder);
  return () => rm(folder, { recursive: true });
}

/** Makes programs from the sources of the workspace; packages from elsewhere stay outside. */
export async function bundle(entry: Files, outDir: string): Promise<void> {
  await build({
    config: false,
    entry,
    format: 'esm',
    target: 'node20.19',
    platform: 'node',
    noExternal: [/^@iot\//],
    esbuildOptions: (options) => {
      options.conditions = ['@iot/source'];
    },
    esbuildPlugins: [leftOutside],
    outDir,
    silent: true,
  });
}

/**
 * What an app has through a package of the workspace, and cannot be in a bundle: LevelDB finds its binary beside itself, and
 * MQTT.js and yaml require modules of Node.
 */
const leftOutside: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'left-outside',
  setup(build) {
    build.onResolve(
      { filter: /^(classic-level|mqtt|yaml)$/ },
      async ({ path, resolveDir, kind, pluginData }) => {
        if (pluginData === 'found') return undefined;
        const found = await build.resolve(path, { resolveDir, kind, pluginData: 'found' });
        return { path: pathToFileURL(found.path).href, external: true };
      },
    );
  },
};
