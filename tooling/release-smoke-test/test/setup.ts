// Before the tests: a release of all packages to a registry on loopback, and each of them installed alone. After
// them, or after a failure, nothing of it is left.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { copyCheckout } from '../src/checkout.js';
import { installAlone, type Installed } from '../src/install.js';
import { manifests } from '../src/packages.js';
import { startRegistry } from '../src/registry.js';
import { release } from '../src/release.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The checkout, untouched. */
    before: string;
    /** Its copy, after the release. */
    after: string;
    installed: Installed[];
  }
}

export default async function setup({ provide }: TestProject): Promise<() => void> {
  const before = fileURLToPath(new URL('../../..', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const after = join(folder, 'checkout');
    mkdirSync(after);
    await copyCheckout(before, after);
    await using registry = await startRegistry(join(folder, 'registry'));
    await release(after, registry);
    const installed: Installed[] = [];
    for (const { name } of manifests(after, 'packages')) {
      installed.push(await installAlone(name, join(folder, 'users', name.replace('/', '-')), registry.url));
    }
    provide('before', before);
    provide('after', after);
    provide('installed', installed);
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}
