/** Whatever is in the arguments, the environment and the files of `iot-mqtt`, it is read, or an error of one line says what is wrong and shows no password. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@iot/server';
import { CommanderError } from 'commander';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { fuzz } from '@iot/vitest-config/fuzz';
import { expect, it, onTestFinished, vi } from 'vitest';
import { parseBrokerUrl } from '../src/broker-url.js';
import { readSettings } from '../src/cli/settings.js';
import { readConfig } from '../src/config/file.js';
import { TopicTemplate, unescapeLevel } from '../src/topics.js';

const PASSWORD = 'swordfish';

it('a file of --config', async () => {
  const path = join(temporaryFolder(), 'iot.yaml');
  const corpus = new URL('corpus/config/', import.meta.url);
  const words = [
    ': ',
    '\n',
    '  ',
    '- ',
    '{',
    '}',
    '[',
    '&a ',
    '*a',
    '!!',
    '"',
    "'",
    '<<',
    'null',
    '.inf',
    '|',
    '? ',
    '\0',
  ];
  await fuzz({ corpus, words }, (bytes) => {
    writeFileSync(path, bytes);
    try {
      const config = readConfig(path);
      expect(Object.getPrototypeOf(config)).toBe(Object.prototype);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect((error as Error).message).not.toMatch(/[\n\0]|swordfish/);
    }
  });
});

it('the arguments, and the broker in the environment', async () => {
  const corpus = new URL('corpus/arguments/', import.meta.url);
  const names = [
    'config',
    'host',
    'port',
    'timeout',
    'store',
    'broker',
    'client-id',
    'ca',
    'retain',
    'fields',
  ];
  const words = ['\n', '=', '-', '--', '1', 'mqtt://', '\u001b[2J', ...names.map((name) => `\n--${name}\n`)];
  const printed = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true); // the help
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  await fuzz({ corpus, words }, (bytes) => {
    const [broker = '', ...args] = bytes.toString().split('\n');
    vi.stubEnv('MQTT_URL', broker);
    printed.mockClear();
    let said = '';
    try {
      readSettings(args);
    } catch (error) {
      if (error instanceof CommanderError) {
        if (error.exitCode === 0) return;
        said = printed.mock.calls.join('');
        expect(said).toMatch(/^error: \P{Cc}*\n$/u);
      } else {
        expect(error).toBeInstanceOf(UsageError);
        said = (error as Error).message;
      }
    }
    if (!args.join().includes(PASSWORD)) expect(said).not.toContain(PASSWORD);
  });
});

it('the URL of a broker', async () => {
  const corpus = new URL('corpus/url/', import.meta.url);
  const words = [
    'mqtt://',
    'wss://',
    '@',
    ':',
    '/',
    '?',
    '#',
    '%',
    '%zz',
    '%00',
    '[::1]',
    ':0',
    ':65536',
    'é',
    '\n',
  ];
  await fuzz({ corpus, words }, (bytes) => {
    try {
      const { host, port = 1 } = parseBrokerUrl(bytes.toString());
      expect(host).not.toMatch(/^$|[@/\p{Cc}]/u);
      expect(port).toBeLessThan(65536);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect((error as Error).message).not.toMatch(/swordfish|\p{Cc}/u);
    }
  });
});

it('a template of topics, and a topic of the broker', async () => {
  const corpus = new URL('corpus/topics/', import.meta.url);
  const words = ['/', '{id}', '{', '}', '+', '#', '%', '%2F', '%2f', '$', '\0', '\uffff', 'é', '\n'];
  await fuzz({ corpus, words }, (bytes) => {
    const [template = '', topic = ''] = bytes.toString().split('\n');
    try {
      const topics = new TopicTemplate('topics.up', template, ['id']);
      // Any text is an id, and its topic leads back to it.
      expect(topics.valueIn(topics.topic({ id: topic }), 'id')).toBe(topic);
      const id = topics.valueIn(topic, 'id');
      if (id !== undefined) expect(topics.topic({ id })).toBe(topic);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      expect(error.message).not.toContain('\n');
    }
    expect(unescapeLevel(topic) === undefined || typeof unescapeLevel(topic) === 'string').toBe(true);
  });
});
