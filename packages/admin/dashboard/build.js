/** Builds the page into a folder: what `src/page.ts` serves. Called by the build of the package, and by tests. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;
const { resolve } = createRequire(import.meta.url);

/** @param {string} folder made when it is not there */
export async function buildPage(folder) {
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: { dashboard: join(here, 'main.tsx') },
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    // The first ones with `light-dark()`.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
  });
  for (const file of ['index.html', 'dashboard.svg']) copyFileSync(join(here, file), join(folder, file));
  // Their licence wants its text to go with them.
  const licences = ['preact', 'uplot'].map((name) => {
    const text = readFileSync(join(dirname(resolve(`${name}/package.json`)), 'LICENSE'), 'utf8');
    return `dashboard.js contains ${name}:\n\n${text}`;
  });
  writeFileSync(join(folder, 'licences.txt'), licences.join('\n'));
}
