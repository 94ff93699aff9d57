import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from '@iot/app-kit/testing';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/cli/settings.js';
import { readConfig } from '../src/config/file.js';

function file(text: string): string {
  const path = join(temporaryFolder(), 'iot.yaml');
  writeFileSync(path, text);
  return path;
}

describe('the file of --config', () => {
  it('is YAML, or JSON', () => {
    const yaml = 'port: 8200\nfields: true\ntopics:\n  up: home/{id}/up\n';
    const expected = { port: 8200, fields: true, topics: { up: 'home/{id}/up' } };
    expect(readConfig(file(yaml))).toEqual(expected);
    expect(readConfig(file(JSON.stringify(expected)))).toEqual(expected);
  });

  it('of the README is one', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const [, yaml] = /```yaml\n(.*?)```/s.exec(readme)!;
    expect(readConfig(file(yaml!))).toMatchObject({
      broker: 'mqtt://192.168.0.2:1883',
      homeAssistant: { boards: { cellar: { entities: { pump: { turnOn: 'pump on', off: 'stopped' } } } } },
    });
  });

  it('goes before a default, and an option goes before it', () => {
    const path = file('port: 8200\nclientId: hall\nretain: true\n');
    const settings = readSettings(['--config', path, '--port', '8300']);
    expect(settings).toEqual({ port: 8300, clientId: 'hall', retain: true });
  });

  it('has what boards need for TLS by the names of iot serve, and options for it', () => {
    const path = file('port: false\ntls: { port: 8200, pskFile: keys.psk, maxHandshakes: 10 }\n');
    const read = (...more: string[]) => readSettings(['--config', path, ...more]);
    expect(read()).toMatchObject({
      port: false,
      tls: { port: 8200, pskFile: 'keys.psk', maxHandshakes: 10 },
    });
    expect(read('--tls-port', '8300', '--psk-file', 'more.psk')).toMatchObject({
      port: false,
      tls: { port: 8300, pskFile: 'more.psk', maxHandshakes: 10 },
    });
    const certificates = ['--tls-key', 'a', '--tls-cert', 'b', '--tls-ca', 'c', '--no-plain'];
    expect(readSettings(certificates)).toEqual({ port: false, tls: { key: 'a', cert: 'b', ca: 'c' } });
  });

  it.each([
    ['prot: 8123', 1, 'prot is an unknown key; known keys are host, port, tls, '],
    ['tls:\n  psk: a', 2, 'tls.psk is an unknown key'],
    ['tls:\n  maxHandshakes: 0', 2, 'tls.maxHandshakes must be a whole number from 1 '],
    ['host: a\nport: high', 2, 'port must be a whole number from 0 to 65535'],
    ['host: a\nport:', 2, 'port must be a whole number from 0 to 65535'],
    ['retain: 1', 1, 'retain must be true or false'],
    ['topics: iot', 1, 'topics must be an object with keys'],
    ['topics:\n  up: ""', 2, 'topics.up must be a text'],
    ['- a', 1, 'it must be an object with keys'],
    ['"a\\e[31m\\nb": 1', 1, String.raw`a\u001b[31m\u000ab is an unknown key`],
    ['homeAssistant:\n  prefix: ha', 1, 'homeAssistant needs the key boards'],
    [boards('unit: °C'), 6, 'homeAssistant.boards.*.entities.t needs the key platform'],
    [
      boards('platform: light'),
      7,
      'homeAssistant.boards.*.entities.t.platform must be one of sensor, binary_sensor, switch, number, button',
    ],
    [boards('platform: switch'), 6, 'homeAssistant.boards.*.entities.t needs the key turnOn'],
    [
      boards('platform: sensor\n          min: 1'),
      8,
      'homeAssistant.boards.*.entities.t.min is an unknown key',
    ],
    [
      boards('platform: number\n          set: a\n          min: low'),
      9,
      'homeAssistant.boards.*.entities.t.min must be a number',
    ],
    [
      boards('platform: sensor').replace(' t:', ' a b:'),
      6,
      'homeAssistant.boards.*.entities.a b is not a valid name: it must consist of letters, digits, - and _',
    ],
    ['{"port": 8123,\n "fields": "yes"}', 2, 'fields must be true or false'],
    ['a: [1', 1, 'this is not valid YAML (BAD_'],
    ['a: 1\na: 2', 2, 'this is not valid YAML (DUPLICATE_KEY)'],
  ])('%j is refused, with line %d and key', (text, line, what) => {
    const path = file(text);
    expect(() => readConfig(path)).toThrow(`${path}, line ${line}: ${what}`);
  });

  it('that cannot be read is a usage error of one line', async () => {
    const { code, stderr } = await new Program('iot-mqtt', ['--config', '/missing/file']).outcome;
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'error: /missing/file cannot be read (ENOENT)\n' });
  });

  it.each(['broker: me:secret@host.example', 'broker: mqtt://secret@[host', 'broker: *secret'])(
    '%s is refused without showing it',
    async (text) => {
      const { code, stdout, stderr } = await new Program('iot-mqtt', ['--config', file(text)]).outcome;
      expect(stderr).toMatch(/^error: [^\n]*\n$/);
      expect(stdout + stderr).not.toMatch(/secret/);
      expect(code).toBe(2);
    },
  );
});

function boards(entity: string): string {
  return `homeAssistant:\n  boards:\n    '*':\n      name: a\n      entities:\n        t:\n          ${entity}\n`;
}

it('a certificate that cannot be read is a usage error of one line', async () => {
  const { code, stderr } = await new Program('iot-mqtt', ['--ca', '/missing/file']).outcome;
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'error: --ca: /missing/file cannot be read (ENOENT)\n',
  });
});

it('--help shows all options and ends with exit code 0', async () => {
  const { code, stdout, stderr } = await new Program('iot-mqtt', ['--help']).outcome;
  const some = ['--config', '--broker', '--store', '--client-id', '--ca', '--dead-letters', '--tls-port'];
  for (const option of [...some, '--no-plain', '--psk-file', '--tls-key', '--tls-cert', '--tls-ca'])
    expect(stdout).toContain(option);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
