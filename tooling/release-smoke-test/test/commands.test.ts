import { expect, inject, it } from 'vitest';
import { readManifest } from '../src/packages.js';
import { run } from '../src/run.js';

const commands = inject('installed').flatMap(({ home, folder }) =>
  Object.keys(readManifest(home).bin ?? {}).map((command) => ({ command, folder })),
);

it.each(commands)('npx $command says how it is used', async ({ command, folder }) => {
  expect(await run('npx', ['--no-install', command, '--help'], { cwd: folder })).toMatch(/^Usage: /m);
});
