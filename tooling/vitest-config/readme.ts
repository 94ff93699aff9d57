/**
 * Runs the snippets of a README as tests: each ```ts block separately, with top-level `await`. A comment
 * after a statement on the same line can state an expectation, in two forms:
 *
 *   checkLine('hi\n', 80); // => 'hi'
 *   checkLine('a\nb', 80); // throws ERR_BAD_LINE
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** The environment of a snippet. */
export interface SnippetWorld {
  /** The modules that it may import, by name. Modules of Node need not be listed. */
  readonly modules?: Readonly<Record<string, object>>;
  /** Global names, such as `console`. */
  readonly globals?: Readonly<Record<string, unknown>>;
}

export interface Snippet {
  /** Line of the file on which the block begins. */
  readonly line: number;
  /** The heading above it. */
  readonly heading: string;
  readonly code: string;
  /** Runs the snippet. Rejects if it throws or an expectation fails. */
  run(world?: SnippetWorld): Promise<void>;
}

/** The ```ts blocks of a Markdown file, in order. */
export function snippets(file: URL): Snippet[] {
  const found: Snippet[] = [];
  let heading = '';
  let block: { readonly line: number; readonly code: string[] } | undefined;
  for (const [index, text] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (block !== undefined && text.trim() === '```') {
      const code = block.code.join('\n');
      found.push({ line: block.line, heading, code, run: (world = {}) => run(code, file, world) });
      block = undefined;
    } else if (block !== undefined) block.code.push(text);
    else if (text.trim() === '```ts') block = { line: index + 1, code: [] };
    else if (/^#+ /.test(text)) heading = text.replace(/^#+ /, '');
  }
  if (found.length === 0) throw new Error(`${file.pathname} has no \`\`\`ts block`);
  return found;
}

/** Makes a test of every ```ts block of a Markdown file. */
export function runSnippets(file: URL, world: SnippetWorld = {}): void {
  describe(`the snippets of ${file.pathname.split('/').at(-1) ?? ''}`, () => {
    for (const snippet of snippets(file)) {
      it(`run: ${snippet.heading}, line ${snippet.line}`, () => snippet.run(world));
    }
  });
}

async function run(code: string, file: URL, { modules = {}, globals = {} }: SnippetWorld): Promise<void> {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(withExpectations(code), { compilerOptions });
  const ofNode = createRequire(file);
  const require = (name: string): unknown => {
    if (name.startsWith('node:')) return ofNode(name);
    if (modules[name] === undefined)
      throw new Error(`the snippet imports ${name}, which its test does not give it`);
    return modules[name];
  };
  const scope = { ...globals, require, exports: {}, [EXPECT]: expect };
  // Runs in the realm of the tests, so that objects made by a snippet are instances of the same classes.
  const body = new AsyncFunction(...Object.keys(scope), outputText);
  await body(...Object.values(scope));
}

function withExpectations(code: string): string {
  return code.split('\n').map(expectation).join('\n');
}

function expectation(line: string): string {
  const parts = /^(\s*)(.+?);?\s*\/\/ (?:=> (.+)|throws (\w+))$/.exec(line);
  if (parts === null) return line;
  const [, indent = '', statement = '', value, code] = parts;
  if (code !== undefined) {
    return `${indent}await ${EXPECT}(async () => { ${statement}; }).rejects.toMatchObject({ code: '${code}' });`;
  }
  const declared = /^(?:const|let) (\w+)\b/.exec(statement)?.[1];
  if (declared === undefined) return `${indent}${EXPECT}(${statement}).toEqual(${value});`;
  return `${indent}${statement}; ${EXPECT}(${declared}).toEqual(${value});`;
}

/** The name of `expect` in the added lines, because a snippet may define `expect` itself. */
const EXPECT = '__expect';
type Body = (...values: unknown[]) => Promise<void>;
const AsyncFunction = async function () {}.constructor as new (...namesAndBody: string[]) => Body;
