// A copy of the checkout to make a release in, as a repository of its own: the release writes versions, changelogs and
// tags, none of which may touch the checkout that people work in.
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.js';

/** Copies what git knows of the checkout at `from`, or would take up, as it now is. */
export async function copyCheckout(from: string, to: string): Promise<void> {
  const list = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: from,
  });
  for (const path of list.split('\0')) {
    // A file that was deleted and not yet committed is still listed.
    if (path !== '' && existsSync(join(from, path))) cpSync(join(from, path), join(to, path));
  }
  // One change more than there may be, so that there is always something to release.
  writeFileSync(join(to, '.changeset/smoke-test.md'), `---\n'@iot/framing': patch\n---\n\n${CHANGE}\n`);
  await run('git', ['init', '--quiet', '--initial-branch', 'main'], { cwd: to });
  for (const [name, value] of IDENTITY) await run('git', ['config', name, value], { cwd: to });
  await run('git', ['add', '--all'], { cwd: to });
  await run('git', ['commit', '--quiet', '--message', 'smoke test'], { cwd: to });
}

/** The words of the change that a smoke test adds. */
export const CHANGE = 'A smoke test.';

const IDENTITY = [
  ['user.name', 'smoke test'],
  ['user.email', 'smoke-test@localhost'],
  ['commit.gpgSign', 'false'],
  ['tag.gpgSign', 'false'],
] as const;
