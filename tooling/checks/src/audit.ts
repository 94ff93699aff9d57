// `npm run audit`, at the root: checks that no dependency of the published packages has a serious advisory in
// the registry.
import { spawnSync } from 'node:child_process';
import { readAudit } from './audit-report.js';

// pnpm also exits with 1 when there are advisories.
const { stdout, error } = spawnSync('pnpm', ['audit', '--prod', '--json'], {
  cwd: new URL('../../..', import.meta.url),
  encoding: 'utf8',
});
if (error !== undefined) throw error;
const report = readAudit(stdout);
if (report.type === 'not-possible') {
  process.stdout.write(`not audited: the registry answers no audit (${report.why})\n`);
} else {
  for (const line of report.serious) process.stderr.write(`${line}\n`);
  process.stdout.write(`${report.serious.length} serious advisories, ${report.others} others\n`);
  if (report.serious.length > 0) process.exitCode = 1;
}
