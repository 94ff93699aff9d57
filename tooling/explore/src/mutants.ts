/**
 * Part of `npm run mutants` at the root: applies each patch of version 2 to a copy of the sources, one at a
 * time, and prints which bound of the tests finds the error. Fails if no bound finds it, unless the patch is
 * in `NOT_TO_BE_FOUND`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CI_BOUNDS } from './bounds.js';
import { loadMachines, SOURCES } from './bundle.js';
import { PROTOCOLS } from './protocols.js';
import { explore } from './search.js';

const patches = fileURLToPath(new URL('../../mutants/patches', import.meta.url));
const only = process.argv.slice(2);
const names = readdirSync(patches)
  .filter((file) => file.startsWith('v2-'))
  .map((file) => file.replace('.patch', ''))
  .filter((name) => only.length === 0 || only.includes(name));

/** Patches that no bound can find. README.md gives the reasons. */
const NOT_TO_BE_FOUND = [
  'v2-bad-lines-beyond-window',
  'v2-duplicate-not-acked',
  'v2-late-offer-unanswered',
  'v2-late-opening-after-v1',
  'v2-offer-always',
];

for (const name of names) {
  const finding = await findingOf(name);
  const expected = (finding === undefined) === NOT_TO_BE_FOUND.includes(name);
  if (!expected) process.exitCode = 1;
  process.stdout.write(`${expected ? '' : 'WRONG  '}${name.padEnd(36)} ${finding ?? 'not found'}\n`);
}

async function findingOf(mutant: string): Promise<string | undefined> {
  const copy = mkdtempSync(join(tmpdir(), 'explore-'));
  try {
    cpSync(SOURCES.qos, join(copy, 'src'), { recursive: true });
    execFileSync('git', ['apply', '-p3', join(patches, `${mutant}.patch`)], { cwd: copy, stdio: 'pipe' });
    const sources = { ...SOURCES, qos: join(copy, 'src') };
    const bounds = [...CI_BOUNDS['2']!].sort((a, b) => a.bound.late - b.bound.late);
    for (const { name, bound } of bounds) {
      const machines = await loadMachines(bound, sources);
      const { violation } = explore({ machines, protocol: PROTOCOLS['2']!, bound });
      if (violation !== undefined) return `found by "${name}": ${violation.message}`;
    }
    return undefined;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
