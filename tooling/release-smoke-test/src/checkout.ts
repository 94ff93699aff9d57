// Copies the checkout into a separate repository for the release. A release writes versions, changelogs and
// tags, which must not change the original checkout.
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.js';

/** Copies all files of the checkout at `from` that git tracks or would add, with their current contents. */
export async function copyCheckout(from: string, to: string): Promise<void> {
  const list = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: from,
  });
  for (const path of list.split('\0')) {
    // git still lists a file whose deletion is not committed.
    if (path !== '' && existsSync(join(from, path))) cpSync(join(from, path), join(to, path));
  }
  // Adds a changeset, so that there is always something to release.
  writeFileSync(join(to, '.changeset/smoke-test.md'), `---\n'@iot/framing': patch\n---\n\n${CHANGE}\n`);
  await run('git', ['init', '--quiet', '--initial-branch', 'main'], { cwd: to });
  for (const [name, value] of IDENTITY) await run('git', ['config', name, value], { cwd: to });
  await run('git', ['add', '--all'], { cwd: to });
  await run('git', ['commit', '--quiet', '--message', 'smoke test'], { cwd: to });
}

/** The text of the changeset that the smoke test adds. */
export const CHANGE = 'A smoke test.';

const IDENTITY = [
  ['user.name', 'smoke test'],
  ['user.email', 'smoke-test@localhost'],
  ['commit.gpgSign', 'false'],
  ['tag.gpgSign', 'false'],
] as const;
