import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

/** Makes a program of a source file of this package, in a new folder, from the sources of the whole workspace. */
export async function bundled(name: string, file: string): Promise<string> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  // In node_modules, where the program finds LevelDB.
  const folder = await mkdtemp(join(root, 'node_modules/.programs-'));
  await build({
    config: false,
    entry: { [name]: join(root, file) },
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
  return folder;
}
