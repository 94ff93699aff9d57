// `npm run licences`, at the root: checks that every package installed for this workspace has a licence that
// is compatible with MIT.
import { execFileSync } from 'node:child_process';
import { unsuitable, type Licensed } from './licence-rules.js';

const root = new URL('../../..', import.meta.url);

/** The installed packages according to pnpm, by licence. */
function installed(...which: string[]): Licensed[] {
  const printed = execFileSync('pnpm', ['licenses', 'list', '--json', ...which], {
    cwd: root,
    encoding: 'utf8',
  });
  // If there is nothing to list, pnpm prints a sentence instead of JSON.
  if (!printed.startsWith('{')) return [];
  return Object.values(JSON.parse(printed) as Record<string, Licensed[]>).flat();
}

const passedOn = installed('--prod', '--filter', './packages/*');
const tools = installed();
const bad = [...unsuitable(passedOn, 'passed-on'), ...unsuitable(tools, 'tool')];
for (const { name, license } of bad) process.stderr.write(`${name}: ${license} does not go with MIT\n`);
process.stdout.write(
  `${passedOn.length} packages that users get and ${tools.length} in all, ${bad.length} unsuitable\n`,
);
// An empty list would mean that nothing was checked.
if (bad.length > 0 || tools.length === 0) process.exitCode = 1;
