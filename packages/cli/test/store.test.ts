import { join } from 'node:path';
import { levelStore } from '@iot/store-level';
import { COMMANDS } from '@iot/store-level/internal';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { expect, it } from 'vitest';
import { iot } from './iot.js';

const iotStore = (...args: string[]) => iot('store', ...args);

async function emptyStore(): Promise<string> {
  const folder = join(temporaryFolder(), 'store');
  await (await levelStore(folder)).close();
  return folder;
}

it('has the commands of iot-store', async () => {
  const { stdout } = await iotStore('--help');
  for (const [name, { takes }] of Object.entries(COMMANDS))
    expect(stdout).toMatch(
      new RegExp(`^  ${name}.*${takes.map((it) => `<${it.toLowerCase()}>`).join(' ')}`, 'm'),
    );
});

it('runs them', async () => {
  const folder = await emptyStore();
  const { code, stdout, stderr } = await iotStore('verify', folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^whole: 0 sessions, 0 entries, /);
  const backup = join(temporaryFolder(), 'backup');
  expect((await iotStore('backup', folder, backup)).code).toBe(0);
  expect((await iotStore('inspect', folder, '--lines')).code).toBe(0);
});

it('says in one line what fails, and what is missing', async () => {
  const nowhere = join(temporaryFolder(), 'nowhere');
  const failed = await iotStore('verify', nowhere);
  expect(failed.stderr).toMatch(/^error: [^\n]*nowhere[^\n]*\n$/);
  expect(failed.code).toBe(1);
  const missing = await iotStore('backup', nowhere);
  expect(missing).toEqual({ code: 2, stdout: '', stderr: "error: missing required argument 'file'\n" });
});
