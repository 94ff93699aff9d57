import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { CHANGE } from '../src/checkout.js';
import { manifests, type Manifest } from '../src/packages.js';
import { run } from '../src/run.js';

const before = inject('before');
const after = inject('after');
const published = manifests(after, 'packages');

it('gives all packages one version, higher than before', async () => {
  const versions = new Set(published.map(({ version }) => version));
  expect([...versions]).toHaveLength(1);
  const old = JSON.parse(
    await run('git', ['show', 'HEAD:packages/framing/package.json'], { cwd: after }),
  ) as Manifest;
  const diff = published[0]!.version.localeCompare(old.version, 'en', { numeric: true });
  expect(diff).toBeGreaterThan(0);
});

it('writes the versions and the changelogs of the packages, takes up the changes, and touches nothing else', async () => {
  const changed = await run('git', ['status', '--porcelain', '--untracked-files=all'], { cwd: after });
  const ofRelease = /^.. (packages\/[^/]+\/(package\.json|CHANGELOG\.md)|\.changeset\/[^/]+\.md)$/;
  const lines = changed.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(2 * published.length);
  expect(lines.filter((line) => !ofRelease.test(line))).toEqual([]);
});

it.each(['apps', 'tooling'])('has nothing in %s that could be published', (group) => {
  expect(manifests(after, group).filter((manifest) => manifest.private !== true)).toEqual([]);
});

it('tags each package and nothing else', async () => {
  const tags = await run('git', ['tag', '--list'], { cwd: after });
  const expected = published.map(({ name, version }) => `${name}@${version}`);
  expect(tags.trim().split('\n').sort()).toEqual(expected.sort());
});

it('writes what changed, in the words of the change, for the package that it names', () => {
  const changelog = readFileSync(join(after, 'packages/framing/CHANGELOG.md'), 'utf8');
  const [, newest] = changelog.split(/^## /m);
  expect(newest).toContain(published[0]!.version);
  expect(newest).toContain(`- ${CHANGE}\n`);
  expect(newest).not.toContain('Updated dependencies');
});

it('leaves the checkout as it was', () => {
  expect(existsSync(join(before, '.changeset/smoke-test.md'))).toBe(false);
  expect(existsSync(join(after, '.changeset/smoke-test.md'))).toBe(false);
});
