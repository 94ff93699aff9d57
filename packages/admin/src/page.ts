/**
 * Serves the dashboard: static files beside the program, made by `dashboard/build.js`. They contain no data
 * and need no token.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Refused, type Answer } from './http/answer.js';
import type { Route } from './http/server.js';

/** The same relative path works from `src/` and from `dist/`. */
export const PAGE_FOLDER = fileURLToPath(new URL('../dist/dashboard/', import.meta.url));

const FILES = [
  { path: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/dashboard.js', file: 'dashboard.js', type: 'text/javascript; charset=utf-8' },
  { path: '/dashboard.css', file: 'dashboard.css', type: 'text/css; charset=utf-8' },
  { path: '/dashboard.svg', file: 'dashboard.svg', type: 'image/svg+xml' },
];

/** The page may load files and data from this origin only, and may not run inline scripts. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'content-encoding': 'gzip',
};

export function pageRoutes(folder: string): Route[] {
  return FILES.map(({ path, file, type }) => {
    let bytes: Promise<Buffer> | undefined;
    return {
      method: 'GET',
      path,
      isOpen: true,
      answer: async (): Promise<Answer> => {
        bytes ??= compressed(folder + file);
        return { status: 200, body: await bytes, headers: { ...HEADERS, 'content-type': type } };
      },
    };
  });
}

/** Always gzip, because all browsers accept it. */
async function compressed(path: string): Promise<Buffer> {
  const content = await readFile(path).catch(() => {
    throw new Refused(
      503,
      'no-page',
      'the files of the dashboard are missing: if the program is bundled into one file, copy dist/dashboard of @iot/admin to ../dist/dashboard, relative to that file',
    );
  });
  return promisify(gzip)(content);
}
