import { mkdtemp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the programs. */
    programs: string;
  }
}

/**
 * A global set-up for an app's tests: bundles its programs from the sources of the whole workspace, so that no build has
 * to come first.
 *
 * @param programs names and first files, seen from `app`
 * @param app the app's folder, with a slash at its end
 */
export function bundle(programs: Record<string, string>, app: URL) {
  return async (project: TestProject): Promise<() => Promise<void>> => {
    // In node_modules, where the packages that stay outside the bundle are found.
    const folder = await mkdtemp(fileURLToPath(new URL('node_modules/.programs-', app)));
    await build({
      config: false,
      entry: programs,
      format: 'esm',
      target: 'node20.19',
      platform: 'node',
      noExternal: [/^@iot\//],
      esbuildOptions: (options) => {
        options.conditions = ['@iot/source'];
      },
      outDir: folder,
      silent: true,
    });
    project.provide('programs', folder);
    return () => rm(folder, { recursive: true });
  };
}
