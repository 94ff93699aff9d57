/** Commands and files that the documents name are there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { markdownFiles, readDocument, ROOT } from '../src/markdown.js';

const PAGES = markdownFiles().filter((path) => /^(README|CONTRIBUTING|docs\/|\.github\/|apps\/)/.test(path));

/** Lines of shell blocks, and code within a line. */
function commands(path: string): string[] {
  const { text, code } = readDocument(path);
  const blocks = code.filter(({ lang }) => lang === 'sh' || lang === '').map((block) => block.text);
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
  return [...blocks, ...spans].flatMap((it) => it.split('\n'));
}

/** What a command needs of this repository, and whether that is there. */
const needs: readonly { readonly form: RegExp; readonly isThere: (...parts: string[]) => boolean }[] = [
  { form: /^npm run ([\w:]+)/, isThere: (script) => scripts('.').has(script) },
  {
    form: /^node apps\/([\w-]+)\/dist\/([\w-]+)\.js/,
    isThere: (app, program) => read(`apps/${app}/programs.ts`).includes(program),
  },
  {
    form: /^pnpm turbo run ([\w:]+) --filter @iot\/([\w-]+)/,
    isThere: (task, app) => scripts(`apps/${app}`).has(task),
  },
  {
    form: /^cd (packages\/[\w-]+) && (?:SEEDS?=\d+ )?npx vitest run ?([\w./-]*)/,
    isThere: (folder, file) => existsSync(join(ROOT, folder, file)),
  },
];

it.each(PAGES)('the commands of %s name what is there', (path) => {
  const missing = commands(path).filter((command) =>
    needs.some(({ form, isThere }) => {
      const parts = form.exec(command);
      return parts !== null && !isThere(...parts.slice(1));
    }),
  );
  expect(missing).toEqual([]);
});

it('each form of command is told of somewhere', () => {
  const all = PAGES.flatMap(commands);
  expect(needs.filter(({ form }) => !all.some((command) => form.test(command)))).toEqual([]);
});

it('the files that CONTRIBUTING names are there', () => {
  const paths = /`((?:packages|apps|tooling|docs|\.changeset|\.ci)\/[\w./-]+)`/g;
  const named = [...read('CONTRIBUTING.md').matchAll(paths)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function scripts(folder: string): ReadonlySet<string> {
  return new Set(Object.keys((JSON.parse(read(`${folder}/package.json`)) as { scripts: object }).scripts));
}
