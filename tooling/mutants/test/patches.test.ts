import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const patches = readdirSync(`${root}tooling/mutants/patches`);

it.each(patches)('%s applies to the sources as they are', (patch) => {
  const check = () =>
    execFileSync('git', ['apply', '--check', `tooling/mutants/patches/${patch}`], {
      cwd: root,
      stdio: 'pipe',
    });
  expect(check).not.toThrow();
});
