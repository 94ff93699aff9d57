/**
 * Part of `npm run mutants` at the root: applies each patch of version 2 to a copy of the sources, one at a time, and says
 * which bound of the tests finds it. Names of patches may follow.
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

for (const name of names) process.stdout.write(`${name.padEnd(36)} ${await findingOf(name)}\n`);

async function findingOf(mutant: string): Promise<string> {
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
    return 'NOT FOUND';
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
