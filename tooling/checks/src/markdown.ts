/** Reads the Markdown files of the repository: headings, links and blocks of code. Checks links. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import GithubSlugger from 'github-slugger';
import { Lexer, walkTokens, type Token } from 'marked';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Document {
  /** From the root. */
  readonly path: string;
  readonly text: string;
  /** The anchors that a link may name after `#`. */
  readonly anchors: ReadonlySet<string>;
  /** The targets of its links and images. */
  readonly targets: readonly string[];
  readonly code: readonly { readonly lang: string; readonly text: string }[];
}

const NOT_OURS = new Set(['node_modules', '.git', '.turbo', 'dist']);

/** The API reference. */
const GENERATED = join(ROOT, 'docs/api');

/** Paths of all Markdown files, from the root. */
export function markdownFiles(folder = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) || path === GENERATED ? [] : markdownFiles(path);
    return entry.name.endsWith('.md') ? [relative(ROOT, path)] : [];
  });
}

export function readDocument(path: string): Document {
  return parseDocument(path, readFileSync(join(ROOT, path), 'utf8'));
}

export function parseDocument(path: string, markdown: string): Document {
  const slugger = new GithubSlugger();
  const anchors = new Set<string>();
  const targets: string[] = [];
  const code: { lang: string; text: string }[] = [];
  void walkTokens(new Lexer().lex(markdown), (token) => {
    if (token.type === 'heading') anchors.add(slugger.slug(words(token.tokens ?? [])));
    if (token.type === 'link' || token.type === 'image') targets.push((token as { href: string }).href);
    if (token.type === 'html')
      for (const [, to] of token.raw.matchAll(/(?:src|href)="([^"]*)"/g)) targets.push(to!);
    if (token.type === 'code') code.push({ lang: String(token['lang'] ?? ''), text: String(token['text']) });
  });
  return { path, text: markdown, anchors, targets, code };
}

/** Returns the error in a link, or undefined if there is none. */
export function brokenLink(from: Document, target: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target)) {
    const scheme = URL.canParse(target) ? new URL(target).protocol : undefined;
    return scheme === 'https:' || scheme === 'mailto:' ? undefined : 'is no https address';
  }
  const [file = '', anchor] = decodeURI(target).split('#');
  if (file.startsWith('/')) return 'is absolute';
  if (file === '') return from.anchors.has(anchor ?? '') ? undefined : 'does not have this heading';
  const path = join(from.path, '..', file);
  if (path.startsWith('..')) return 'leaves the repository';
  if (!existsSync(join(ROOT, path))) return 'does not exist';
  if (anchor === undefined) return undefined;
  // A link to a folder means its README.
  const readme = [path, join(path, 'README.md')].find(
    (it) => it.endsWith('.md') && existsSync(join(ROOT, it)),
  );
  if (readme === undefined) return 'has an anchor, and is no Markdown file';
  return readDocument(readme).anchors.has(anchor) ? undefined : 'does not have this heading';
}

/** The text of a heading, without its marks. */
function words(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      const { tokens: inner, text } = token as { readonly tokens?: readonly Token[]; readonly text?: string };
      return inner === undefined ? (text ?? '') : words(inner);
    })
    .join('');
}
