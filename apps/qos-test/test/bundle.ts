/** Before all tests: bundles the programs from the sources of the whole workspace, so that no build has to come first. */
import { mkdtemp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import type { TestProject } from 'vitest/node';
import { programs } from '../programs.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of server.js, client.js and campaign.js. */
    programs: string;
  }
}

export default async function bundle(project: TestProject): Promise<() => Promise<void>> {
  // In node_modules, where the packages that stay outside the bundle are found.
  const folder = await mkdtemp(fileURLToPath(new URL('../node_modules/.programs-', import.meta.url)));
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
}
