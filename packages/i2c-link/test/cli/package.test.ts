import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { help } from '../../src/cli/settings.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const manifest = JSON.parse(read('package.json')) as {
  readonly bin: Record<string, string>;
  readonly files: readonly string[];
  readonly peerDependenciesMeta: Record<string, unknown>;
};

it('the unit starts the command of the package, with settings that it knows', () => {
  const unit = read('systemd/iot-i2c-bridge.service');
  const [, command] = /^ExecStart=\/usr\/bin\/env (\S+)$/m.exec(unit)!;
  expect(Object.keys(manifest.bin)).toEqual([command]);
  const variables = unit.match(/IOT_I2C_\w+/g)!;
  expect(variables).toHaveLength(6);
  for (const variable of variables) expect(help()).toContain(`[${variable}]`);
});

it('the README has every option and its variable', () => {
  const readme = read('README.md').replaceAll('\\|', '|');
  const options = [...help().matchAll(/^ {2}(--.+?) {2,}.*?(?:\[(\w+)\])?$/gm)];
  expect(options).toHaveLength(12);
  for (const [, option, variable = ''] of options) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${option!}\``));
    expect(row).toContain(variable);
  }
});

it('what the command needs besides its build is packed', () => {
  expect(manifest.files).toEqual(['bin', 'dist', 'systemd']);
  expect(Object.values(manifest.bin)).toEqual(['./bin/iot-i2c-bridge.js']);
  expect(read('bin/iot-i2c-bridge.js')).toMatch(
    /^#!\/usr\/bin\/env node\nimport '\.\.\/dist\/cli\/main\.js';\n$/,
  );
});

it('the native packages are nothing that npm installs by itself', () => {
  const optional = { optional: true };
  expect(manifest.peerDependenciesMeta).toEqual({ 'i2c-bus': optional, 'node-libgpiod': optional });
});
