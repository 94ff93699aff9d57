import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  latencyCommand,
  latencySettings,
  remoteCommand,
  remoteSettings,
  rxCommand,
  rxSettings,
  serverCommand,
  serverSettings,
  txCommand,
  txSettings,
} from '../src/settings.js';

const NAMES = ['SERVER', 'SSID', 'PW', 'PORT', 'TIMEOUT'];
let printed: string;

beforeEach(() => {
  for (const name of NAMES) vi.stubEnv(name, undefined);
  printed = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

it('without any setting the server listens where boards look for it, and the clients look on the same machine', () => {
  expect(serverSettings([])).toEqual({ port: 8123, timeout: 1500 });
  const client = { host: '127.0.0.1', port: 8123, timeout: 1500 };
  expect(txSettings([])).toEqual(client);
  expect(rxSettings([])).toEqual(client);
  expect(remoteSettings([])).toEqual({ port: 8123, timeout: 1500 });
  expect(latencySettings([])).toEqual({ presses: 2000 });
});

it('an option goes before the environment, and that before the file, which can be the local.py of a board', () => {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  const path = join(folder, 'local.py');
  writeFileSync(path, "MY_ID = 'tx'\nSERVER = '192.168.0.41'  # address\nPORT = 1111\nTIMEOUT = 2000\n");
  vi.stubEnv('PORT', '2222');
  vi.stubEnv('TIMEOUT', '3333');
  expect(rxSettings(['--timeout', '4444', '--env-file', path])).toMatchObject({
    host: '192.168.0.41',
    port: 2222,
    timeout: 4444,
  });
  rmSync(folder, { recursive: true });
});

it('the file can be a copy of the example', () => {
  expect(txSettings(['--env-file', '.env.example'])).toMatchObject({
    host: '192.168.0.41',
    port: 8123,
    timeout: 1500,
  });
});

it('a GPIO line is a chip and a line', () => {
  expect(txSettings(['--gpio-button', 'gpiochip0:17']).gpioButton).toEqual({ chip: 'gpiochip0', line: 17 });
  expect(rxSettings(['--gpio-led', '0:GPIO18']).gpioLed).toEqual({ chip: '0', line: 'GPIO18' });
});

describe('a usage error is one clear line and the usage', () => {
  const parse = {
    server: serverSettings,
    tx: txSettings,
    rx: rxSettings,
    remote: remoteSettings,
    latency: latencySettings,
  };

  it.each<[keyof typeof parse, string[], string]>([
    [
      'server',
      ['--port', '65536'],
      "option '--port <number>' argument '65536' is invalid. It must be a whole",
    ],
    ['server', ['--port'], "option '--port <number>' argument missing"],
    ['server', ['9000'], 'too many arguments. Expected 0'],
    ['tx', ['--port', '0'], 'It must be a whole number from 1 to 65535.'],
    ['tx', ['--timeout', '99'], 'It must be a whole number from 100 to'],
    ['tx', ['--gpio-button', '17'], 'It must be a chip and a line, like gpiochip0:17.'],
    ['tx', ['--gpio-button', '0:17', '--every', '9'], "cannot be used with option '--every <ms>'"],
    ['rx', ['--gpio-led', 'gpiochip0:'], 'It must be a chip and a line, like gpiochip0:17.'],
    ['rx', ['--env-file', 'nowhere'], "argument 'nowhere' is invalid. It cannot be read (ENOENT)."],
    ['remote', ['--every', '0'], 'It must be a whole number from 1 to'],
    ['latency', ['--presses', '0'], 'It must be a whole number from 1 to 1000000.'],
  ])('%s %j', (program, args, message) => {
    expect(() => parse[program](args)).toThrow(CommanderError);
    const [first, ...rest] = printed.split('\n');
    expect(first).toMatch(/^error: /);
    expect(first).toContain(message);
    expect(rest.join('\n').trimStart()).toMatch(/^Usage: /);
  });

  it('names the variable of the environment that is wrong', () => {
    vi.stubEnv('PORT', 'http');
    expect(() => serverSettings([])).toThrow(CommanderError);
    expect(printed).toContain("value 'http' from env 'PORT' is invalid");
  });
});

it('the README has every setting, with its variable and its default', () => {
  const readme = readFileSync('README.md', 'utf8');
  for (const command of [serverCommand(), txCommand(), rxCommand(), remoteCommand(), latencyCommand()]) {
    for (const { long, envVar, defaultValue } of command.options) {
      const row = readme
        .split('\n')
        .find((line) => line.startsWith(`| \`${command.name()}\``) && line.includes(`\`${long ?? ''}`));
      expect(row, `${command.name()} ${long ?? ''}`).toBeDefined();
      if (envVar !== undefined) expect(row).toContain(`\`${envVar}\``);
      if (defaultValue !== undefined) expect(row).toContain(`| ${String(defaultValue)} `);
    }
  }
});
