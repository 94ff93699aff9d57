/** Whatever is in the arguments and the files of `iot`, it is used, or an error of one line says what is wrong and shows no secret. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CommanderError, type Command } from 'commander';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { fuzz } from '@iot/vitest-config/fuzz';
import { UsageError } from '@iot/server';
import { openKeys } from '@iot/server/keys';
import { checkProxySettings } from '@iot/fault-proxy/internal';
import { expect, it, onTestFinished, vi } from 'vitest';
import { linesOf } from '../src/board/readings.js';
import { checkCertificateFile } from '../src/doctor/certificates.js';
import { CommandError } from '../src/exit-codes.js';
import { addKey, revokeKey } from '../src/key-file.js';
import { program, run } from '../src/program.js';
import { effective } from '../src/serve/effective.js';
import { settingsOf } from '../src/serve/options.js';
import { tree } from './tree.js';

const SECRET = 'swordfish';

/** What a terminal would obey. */
const CONTROL = /[^\P{Cc}\t]/u;

function corpus(name: string): URL {
  return new URL(`corpus/${name}/`, import.meta.url);
}

/** A file in a folder of the test. */
function file(name: string): string {
  return join(temporaryFolder(), name);
}

/** The message of an error that `iot` prints as it is, in one line. Throws any other error. */
function messageOf(error: unknown): string {
  if (error instanceof UsageError || error instanceof CommandError) return error.message;
  throw error;
}

interface Parser {
  readonly parse: (args: readonly string[]) => Promise<void>;
  readonly said: string[];
}

/** The commands of `iot`, which parse, and do nothing; and what they say. */
async function iot(): Promise<Parser> {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const write = () => Promise.resolve();
  const all = await program({ stop: new AbortController().signal, print: say, write, say }, () => true);
  const prepare = (command: Command): void => {
    command.configureOutput({ writeErr: say, writeOut: () => undefined });
    const name = command.name();
    if (name === 'serve' && command.parent === all) command.action(() => void effective(settingsOf(command)));
    else if (name === 'chaos') command.action(() => void checkProxySettings(command));
    else if (command.commands.length === 0) command.action(() => undefined);
    command.commands.forEach(prepare);
  };
  prepare(all);
  const parse = async (args: readonly string[]) => {
    await all.parseAsync(args, { from: 'user' });
  };
  return { parse, said };
}

it('the arguments of every command, and the broker in the environment', async () => {
  const entries = await tree();
  const names = entries.flatMap(({ words, options }) => [...words, ...options.flatMap((each) => each.names)]);
  const words = [...new Set(names)].map((name) => `\n${name}\n`);
  const more = [
    '\n',
    '=',
    '-',
    '--',
    '-1',
    '1',
    '1e9',
    '5s',
    '999999h',
    'http://',
    'a:1',
    '\u001b[2J',
    SECRET,
  ];
  onTestFinished(() => void vi.unstubAllEnvs());
  await fuzz({ corpus: corpus('arguments'), words: [...words, ...more] }, async (bytes) => {
    const [broker = '', ...args] = bytes.toString().split('\n');
    const { parse, said } = await iot();
    vi.stubEnv('IOT_MQTT_URL', broker);
    try {
      await parse(args);
    } catch (error) {
      if (error instanceof CommanderError) {
        if (error.exitCode === 0 || error.code === 'commander.help') return;
        expect(said).toHaveLength(1);
        expect(said[0]).toMatch(/^error: .*\n$/);
        expect(said[0]!.slice(0, -1)).not.toMatch(CONTROL);
      } else {
        said.push(messageOf(error));
      }
    } finally {
      if (!args.join().includes(SECRET)) expect(said.join()).not.toContain(SECRET);
    }
  });
});

it('a file of --config of iot serve', async () => {
  const path = file('iot.yaml');
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
    'null',
    '.inf',
    'false',
    '\0',
  ];
  const keys = [
    'mqtt',
    'admin',
    'alerts',
    'tls',
    'port',
    'maxInFlight',
    'expected',
    'proxyProtocol',
    'admit',
  ];
  await fuzz({ corpus: corpus('config'), words: [...words, ...keys] }, async (bytes) => {
    writeFileSync(path, bytes);
    const said: string[] = [];
    const say = (text: string) => void said.push(text);
    const context = { stop: new AbortController().signal, print: say, write: () => Promise.resolve(), say };
    try {
      await run(['serve', '--print-config', '--config', path], context);
    } catch (error) {
      expect(messageOf(error)).not.toContain(SECRET);
      return;
    }
    const { mqtt, admin } = JSON.parse(said.join('\n')) as {
      readonly mqtt?: { readonly broker: string };
      readonly admin: false | { readonly alerts?: { readonly to: string } };
    };
    if (mqtt !== undefined) expect(new URL(mqtt.broker).password).toBe('');
    if (admin !== false && admin.alerts !== undefined)
      expect(admin.alerts.to).toMatch(/^([a-z]+:.*\/)?\*\*\*$/);
  });
});

it('a file of keys that iot keys changes', async () => {
  const path = file('keys.psk');
  const words = [':', '\n', '\r\n', '#', '11'.repeat(16), '1', ' ', 'cellar', '\0', '\ufeff'];
  await fuzz({ corpus: corpus('keys'), words }, async (bytes) => {
    writeFileSync(path, bytes);
    chmodSync(path, 0o600);
    try {
      await addKey(path, 'new one');
      expect((await openKeys(path)).get('new one')).toHaveLength(32);
      await revokeKey(path, 'new one');
    } catch (error) {
      expect(messageOf(error)).not.toContain('1111');
    }
    expect(readdirSync(dirname(path))).toEqual(['keys.psk']);
    expect(readFileSync(path)).toEqual(bytes);
  });
});

it('a file of --script of iot board', async () => {
  const path = file('lines');
  await fuzz(
    { corpus: corpus('script'), words: ['\n', '\r\n', '\r', '\0', '\ufeff', ' '] },
    async (bytes) => {
      writeFileSync(path, bytes);
      const lines = await linesOf(path).catch(messageOf);
      if (typeof lines === 'string') return;
      const count = bytes.toString().split('\n').length;
      for (let n = 1; n <= count; n += 1) expect(lines(n)).toMatch(/^[^\n]+$/);
    },
  );
});

it('a certificate that iot doctor looks at', async () => {
  const path = file('server.crt');
  const words = ['-----BEGIN CERTIFICATE-----\n', '-----END CERTIFICATE-----\n', '\n', 'MII', '='];
  await fuzz({ corpus: corpus('certificate'), words }, async (bytes) => {
    writeFileSync(path, bytes);
    const { text } = await checkCertificateFile(path);
    expect(text).not.toMatch(CONTROL);
  });
});
