/** Commands and files that the documents name are there, and ask for nothing but Node and npm. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { markdownFiles, readDocument, ROOT } from '../src/markdown.js';

const PAGES = markdownFiles().filter((path) =>
  /^(README|CONTRIBUTING|(docs|\.github|apps|packages|tooling)\/)/.test(path),
);

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
    form: /^cd (\w+\/[\w-]+) && npm run ([\w:]+)/,
    isThere: (folder, script) => scripts(folder).has(script),
  },
  {
    form: /^npm run app -- ([\w-]+) ([\w-]+)/,
    isThere: (app, program) => scripts(`apps/${app}`).get(program)?.startsWith('node ') === true,
  },
  {
    form: /^(?:npx|node tooling\/launch\.mjs) turbo run ([\w:]+)((?: --filter @iot\/[\w-]+)?)/,
    isThere: (task, filter) =>
      tasks().has(task) &&
      apps().some(
        (app) => ['', ` --filter @iot/${app}`].includes(filter) && scripts(`apps/${app}`).has(task),
      ),
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

it.each(PAGES)('the commands of %s need no pnpm', (path) => {
  // `pnpm add` is for who has it: what a program of theirs has to name.
  expect(commands(path).filter((command) => /\bpnpm (?!add\b)/.test(command))).toEqual([]);
});

it.each(PAGES)('the commands of %s give a second -- to turbo alone, which takes it away', (path) => {
  const wrong = commands(path).filter((command) => {
    const [twice, script] = /^(?:npm run ([\w:]+) )?-- -- /.exec(command) ?? [];
    return twice !== undefined && !/\bturbo run [\w:]+$/.test(scripts('.').get(script ?? '') ?? '');
  });
  expect(wrong).toEqual([]);
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

function scripts(folder: string): ReadonlyMap<string, string> {
  if (!existsSync(join(ROOT, folder, 'package.json'))) return new Map();
  const manifest = JSON.parse(read(`${folder}/package.json`)) as { scripts?: Record<string, string> };
  return new Map(Object.entries(manifest.scripts ?? {}));
}

function apps(): string[] {
  return readdirSync(join(ROOT, 'apps'));
}

/** Those of turbo.json, which has comments. */
function tasks(): ReadonlySet<string> {
  const { config } = ts.parseConfigFileTextToJson('turbo.json', read('turbo.json')) as {
    config: { tasks: object };
  };
  return new Set(Object.keys(config.tasks));
}
