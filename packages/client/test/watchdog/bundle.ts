/** What esbuild makes of the sources: the worker as a string, and programs as a user would bundle them. */
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The text of `src/watchdog/worker.generated.ts`. */
export async function workerModule(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/watchdog/worker.ts'],
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    write: false,
  });
  const code = outputFiles[0]!.text.replace(/[\\`]|\$(?=\{)/g, '\\$&');
  return [
    '/** Made from `watchdog/worker.ts` by `npx vitest run test/watchdog-worker.test.ts -u`; edit that file. */',
    `export const WATCHDOG_WORKER = \`${code}\`;`,
    '',
  ].join('\n');
}

/** The program in one file, with all that a bundler may do to it. */
export async function bundleProgram(outfile: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ['test/watchdog/program.ts'],
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    conditions: ['@iot/source'],
    minify: true,
    keepNames: true,
    outfile,
  });
}
