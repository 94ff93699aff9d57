import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  clientCommand,
  clientSettings,
  demoCommand,
  demoSettings,
  startCommand,
  startSettings,
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

function file(text: string): string {
  const path = join(folder, 'local.py');
  writeFileSync(path, text);
  return path;
}

describe('without any setting', () => {
  it('the server listens on all interfaces at the port of the boards', () => {
    expect(startSettings([])).toEqual({
      port: 8123,
      timeout: 1500,
      interval: 5000,
    });
  });

  it('the client is client 1 of a server on the same machine', () => {
    expect(clientSettings([])).toEqual({
      id: '1',
      host: '127.0.0.1',
      port: 8123,
      timeout: 1500,
      interval: 5000,
    });
  });

  it('the demo takes 20 s', () => {
    expect(demoSettings([])).toEqual({
      seconds: 20,
      port: 8123,
      timeout: 1500,
      interval: 250,
    });
  });
});

describe('precedence', () => {
  it('takes the file before the default', () => {
    expect(clientSettings(['--env-file', file('PORT=1111')])).toMatchObject({ port: 1111, timeout: 1500 });
  });

  it('takes the environment before the file', () => {
    vi.stubEnv('PORT', '2222');
    const settings = clientSettings(['--env-file', file('PORT=1111\nTIMEOUT=1000')]);
    expect(settings).toMatchObject({ port: 2222, timeout: 1000 });
  });

  it('takes the option before all, on whichever side of --env-file it stands', () => {
    vi.stubEnv('PORT', '2222');
    const path = file('PORT=1111');
    expect(clientSettings(['--port', '3333', '--env-file', path])).toMatchObject({ port: 3333 });
    expect(clientSettings(['--env-file', path, '--port', '3333'])).toMatchObject({ port: 3333 });
  });
});

describe('an env file', () => {
  it('can be the local.py of a board', () => {
    const path = file(
      [
        "MY_ID = '2'  # Client-unique string.",
        "SERVER = '192.168.0.41'  # Server IP address.",
        "SSID = 'my_ssid'",
        "PW = 'WiFi_password'",
        'PORT = 8123',
        'TIMEOUT = 2000',
      ].join('\n'),
    );
    const settings = clientSettings(['--env-file', path]);
    expect(settings).toMatchObject({ id: '2', host: '192.168.0.41', port: 8123, timeout: 2000 });
  });

  it('can be a copy of the example', () => {
    const settings = clientSettings(['--env-file', '.env.example']);
    expect(settings).toMatchObject({
      id: '1',
      host: '192.168.0.41',
      port: 8123,
      timeout: 1500,
      interval: 5000,
    });
  });
});

it('takes an id that ends in a newline, as a local.py may have it', () => {
  vi.stubEnv('MY_ID', '3\n');
  expect(clientSettings([]).id).toBe('3');
});

describe('a usage error is one clear line and the usage', () => {
  const parse = { start: startSettings, client: clientSettings, demo: demoSettings };

  it.each<[keyof typeof parse, string[], string]>([
    [
      'start',
      ['--port', '65536'],
      "option '--port <number>' argument '65536' is invalid. It must be a whole",
    ],
    ['start', ['--port', 'http'], "argument 'http' is invalid. It must be a whole number from 0 to 65535."],
    ['start', ['--port'], "option '--port <number>' argument missing"],
    ['start', ['--prot', '1'], "unknown option '--prot'"],
    ['start', ['9000'], 'too many arguments. Expected 0'],
    ['client', ['--port', '0'], 'It must be a whole number from 1 to 65535.'],
    ['client', ['--id', '5'], "argument '5' is invalid. It must be one of 1, 2, 3, 4."],
    ['client', ['--timeout', '99'], 'It must be a whole number from 100 to'],
    ['client', ['--interval', '1.5'], 'It must be a whole number from 1 to'],
    ['client', ['--env-file', 'nowhere'], "argument 'nowhere' is invalid. It cannot be read (ENOENT)."],
    ['demo', ['--seconds', '0'], 'It must be a whole number from 1 to'],
    ['demo', ['--i2c', '--seconds', '5'], "option '--i2c' cannot be used with option '--seconds <s>'"],
  ])('%s %j', (program, args, message) => {
    expect(() => parse[program](args)).toThrow(CommanderError);
    const [first, ...rest] = printed.split('\n');
    expect(first).toMatch(/^error: /);
    expect(first).toContain(message);
    expect(rest.join('\n').trimStart()).toMatch(/^Usage: /);
  });

  it('names the variable of the environment that is wrong', () => {
    vi.stubEnv('PORT', 'http');
    expect(() => startSettings([])).toThrow(CommanderError);
    expect(printed).toContain("value 'http' from env 'PORT' is invalid");
  });
});

it('the README has every setting, with its variable and its default', () => {
  const readme = readFileSync('README.md', 'utf8');
  for (const command of [startCommand(), clientCommand(), demoCommand()]) {
    for (const { long, envVar, defaultValue } of command.options) {
      const row = readme
        .split('\n')
        .find((line) => line.startsWith(`| \`${command.name()}\``) && line.includes(`\`${long ?? ''}`));
      expect(row, `${command.name()} ${long ?? ''}`).toBeDefined();
      if (envVar !== undefined) expect(row).toContain(`\`${envVar}\``);
      if (defaultValue !== undefined) {
        expect(row).toContain(`| ${String(defaultValue)} `);
      }
    }
  }
});
