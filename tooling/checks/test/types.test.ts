/** Every ```ts block of the guide passes the strict compiler, against the sources of the packages, and is plain JavaScript. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { snippets } from '@iot/vitest-config/readme';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { OPTIONS, programOf } from '../src/compiler.js';
import { ROOT } from '../src/markdown.js';

/** What a page's reader installs, and this workspace does not. */
const AROUND = `declare module 'pino' { export function pino(): import('@iot/server').Logger; }`;

const GUIDE = join(ROOT, 'docs/guide');
/** The blocks as files of this package, where their imports are found. */
const place = join(ROOT, 'tooling/checks');
const files = new Map<string, string>([[join(place, 'around.d.ts'), AROUND]]);
/** Pages with programs: the first one has commands alone, and so have some others. */
const pages = readdirSync(GUIDE).filter((name) => readFileSync(join(GUIDE, name), 'utf8').includes('```ts'));
for (const page of pages)
  for (const { line, code } of snippets(new URL(`file://${join(GUIDE, page)}`)))
    files.set(join(place, `${page}-line-${line}.mts`), code);

it('the snippets of the guide pass the strict compiler', () => {
  const program = programOf(files);
  const wrong = [...files.keys()].flatMap((path) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(path)),
  );
  expect(pages.length).toBeGreaterThan(7);
  expect(
    ts.formatDiagnostics(wrong, { ...ts.createCompilerHost(OPTIONS), getCurrentDirectory: () => place }),
  ).toBe('');
});

const blocks = [...files].flatMap(([path, code]) =>
  path.endsWith('.mts') ? [{ name: basename(path, '.mts'), code }] : [],
);

it.each(blocks)('$name runs unchanged, with Node alone', ({ name, code }) => {
  const { diagnostics = [] } = ts.transpileModule(code, {
    fileName: `${name}.mjs`,
    reportDiagnostics: true,
    compilerOptions: { ...OPTIONS, allowJs: true },
  });
  expect(diagnostics.map(({ messageText }) => messageText)).toEqual([]);
  expect(code).not.toMatch(/\busing\b/); // JavaScript from Node 24 on
});
