import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';

const { folder } = inject('installed').find(({ name }) => name === '@iot/framing')!;
const installed = createRequire(join(folder, 'program.js'))('@iot/framing') as Record<string, unknown>;

it.each([
  ['by its name', () => import('@iot/' + 'framing')],
  ['by the index of its sources', () => import('../../../packages/framing/src/index.js')],
])('a test of the checkout that imports a package %s gets what was installed', async (_, imported) => {
  const got = (await imported()) as Record<string, unknown>;
  expect(Object.keys(got)).not.toEqual([]);
  for (const [name, value] of Object.entries(got)) expect(value).toBe(installed[name]);
});
