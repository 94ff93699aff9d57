import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  campaignCommand,
  campaignSettings,
  clientCommand,
  clientSettings,
  serverCommand,
  serverSettings,
} from '../src/settings.js';

const NAMES = ['MY_ID', 'SERVER', 'SSID', 'PW', 'PORT', 'TIMEOUT', 'INTERVAL'];
let folder: string;
let printed: string;

beforeEach(() => {
  for (const name of NAMES) vi.stubEnv(name, undefined);
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
  printed = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const END = { id: 'qos', port: 8123, timeout: 1500, mode: 'standard', interval: 5000, report: 30 };

describe('without any setting', () => {
  it('the server listens on all interfaces at the port of the boards, for the id of the original', () => {
    expect(serverSettings([])).toEqual(END);
  });

  it('the client is that of a server on the same machine', () => {
    expect(clientSettings([])).toEqual({ ...END, host: '127.0.0.1' });
  });

  it('the campaign is a short one in both modes', () => {
    const expected = { messages: 10_000, outages: 5, kills: 0, mode: 'both', seed: 1, port: 0, timeout: 300 };
    expect(campaignSettings([])).toEqual(expected);
  });
});

it('takes the option before the environment before the file', () => {
  vi.stubEnv('PORT', '2222');
  const path = join(folder, 'local.py');
  writeFileSync(
    path,
    "MY_ID = 'two'  # Client-unique string.\nSERVER = '192.168.0.41'\nPORT = 1111\nTIMEOUT = 2000\n",
  );
  const settings = clientSettings(['--env-file', path, '--timeout', '900']);
  expect(settings).toMatchObject({ id: 'two', host: '192.168.0.41', port: 2222, timeout: 900 });
});

it('an env file can be a copy of the example', () => {
  expect(clientSettings(['--env-file', '.env.example'])).toMatchObject({ ...END, host: '192.168.0.41' });
});

describe('a usage error is one clear line and the usage', () => {
  const parse = { server: serverSettings, client: clientSettings, campaign: campaignSettings };

  it.each<[keyof typeof parse, string[], string]>([
    [
      'server',
      ['--port', '65536'],
      "option '--port <number>' argument '65536' is invalid. It must be a whole",
    ],
    ['server', ['--mode', 'slow'], 'Allowed choices are standard, fast.'],
    ['server', ['--prot', '1'], "unknown option '--prot'"],
    ['client', ['--id', ''], 'It must not be empty.'],
    ['client', ['--timeout', '99'], 'It must be a whole number from 100 to'],
    ['client', ['--env-file', 'nowhere'], "argument 'nowhere' is invalid. It cannot be read (ENOENT)."],
    ['campaign', ['--messages', '0'], 'It must be a whole number from 1 to'],
    ['campaign', ['--kills', 'some'], 'It must be a whole number from 0 to'],
    ['campaign', ['--messages', '1000', '--outages', '3'], 'need --messages 1500 or more'],
  ])('%s %j', (program, args, message) => {
    expect(() => parse[program](args)).toThrow(CommanderError);
    const [first, ...rest] = printed.split('\n');
    expect(first).toMatch(/^error: /);
    expect(first).toContain(message);
    expect(rest.join('\n').trimStart()).toMatch(/^Usage: /);
  });
});

it('the README has every setting, with its variable and its default', () => {
  const readme = readFileSync('README.md', 'utf8');
  for (const command of [serverCommand(), clientCommand(), campaignCommand()]) {
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
