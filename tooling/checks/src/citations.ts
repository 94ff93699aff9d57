/**
 * Finds citations of documents in comments and messages, such as (PROTOCOL.md section 3, The receiver), and
 * checks that the document, section and part exist.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readDocument, ROOT } from './markdown.js';

export interface Citation {
  /** Path relative to the root. */
  readonly file: string;
  readonly document: string;
  readonly sections: readonly string[];
  /** The cited heading, or the cited words in bold. */
  readonly part: string | undefined;
}

const NOT_OURS = new Set(['node_modules', '.git', '.turbo', 'dist', 'fixtures']);
const CITATION =
  /\b((?:docs\/)?[A-Z][A-Z0-9-]*\.md)(?: sections? (\d+(?:(?:, | and )\d+)*))?(?:, ([A-Z][^).:;]*))?/g;

/** Written when a version is released. */
const MADE_LATER = 'CHANGELOG.md';

/** The paths of all files of source below a folder, from the root. */
export function sourceFiles(folder = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : sourceFiles(path);
    return /\.(ts|js|mjs|py)$/.test(entry.name) ? [relative(ROOT, path)] : [];
  });
}

export function citationsIn(file: string, text = readFileSync(join(ROOT, file), 'utf8')): Citation[] {
  // A comment may continue in the next line.
  const running = text.replaceAll(/\s*\n\s*(?:\*|\/\/|#)?\s*/g, ' ');
  return [...running.matchAll(CITATION)]
    .map(([, document = '', sections = '', part]) => ({
      file,
      document,
      sections: sections.match(/\d+/g) ?? [],
      part,
    }))
    .filter(({ document }) => document !== MADE_LATER);
}

/** Returns the error in a citation, or undefined if there is none. */
export function brokenCitation({ document, sections, part }: Citation): string | undefined {
  const path = [document, join('docs', document)].find((it) => existsSync(join(ROOT, it)));
  if (path === undefined) return `${document} does not exist`;
  const { text } = readDocument(path);
  const section = sections.find((number) => !new RegExp(`^## ${number}\\. `, 'm').test(text));
  if (section !== undefined) return `${document} has no section ${section}`;
  if (part === undefined) return undefined;
  const names = [...text.matchAll(/^#+ (.*)$|\*\*(.+?)\*\*/gm)].map(([, heading, bold]) => heading ?? bold!);
  const isThere = names.some((name) => startsWith(name.replace(/^\d+\. /, ''), part));
  return isThere ? undefined : `${document} has no heading or bold words "${part}"`;
}

function startsWith(name: string, part: string): boolean {
  return name.toLowerCase().startsWith(part.trim().toLowerCase());
}
