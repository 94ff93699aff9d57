/**
 * A global set-up for the tests of a package with programs. It bundles the programs from the sources of the
 * workspace, so that the tests need no build. The package's `programs.ts` has the names and entry files.
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
    /** Workers that the programs start. */
    readonly workers?: Files;
  };
  // In node_modules, so that packages outside the bundle are found.
  const folder = await mkdtemp(join(root, 'node_modules/.programs-'));
  await bundle({ ...programs, ...workers }, folder);
  project.provide('programs', folder);
  return () => rm(folder, { recursive: true });
}

/** Bundles programs from the sources of the workspace. Other packages are not bundled. */
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
 * Dependencies of workspace packages that cannot be bundled: LevelDB loads its binary from its own folder,
 * and MQTT.js and yaml require modules of Node.
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
